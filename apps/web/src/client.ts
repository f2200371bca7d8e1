import { createClient } from '@privexbot/sdk';
import { line } from './line.ts';
import { withStepUp } from './session/step-up.ts';

export const client = createClient(withStepUp(line.transport));
