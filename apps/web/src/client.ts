import { createClient } from '@privexbot/sdk';
import { line } from './line.ts';

export const client = createClient(line.transport);
