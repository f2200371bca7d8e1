import { endpoints } from 'virtual:endpoints';
import { bindEndpoints, type Client } from '@privexbot/sdk';
import { line } from './line.ts';
import { withStepUp } from './session/step-up.ts';

const transport = withStepUp(line.transport);
const features = Object.entries(endpoints).map(([feature, own]) => [feature, bindEndpoints(transport, own)]);
// The build made them from the contract, which the type is made of too.
export const client = Object.fromEntries(features) as Client;
