import { endpoints } from 'virtual:endpoints';
import { bindEndpoints, type Client } from '@privexbot/sdk';
import { line } from './line.ts';

export const client = bindEndpoints<Client['publicChat']>(line.transport, endpoints.publicChat);
