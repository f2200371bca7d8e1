import { readFileSync } from 'node:fs';
import { renderOpenApi } from '@privexbot/contract';
import { expect, test } from 'vitest';

test('openapi.json is the contract as it is now: run "npm run openapi" after a change and review the difference', () => {
  const kept = readFileSync(new URL('../openapi.json', import.meta.url), 'utf8');
  expect(JSON.parse(kept)).toEqual(JSON.parse(JSON.stringify(renderOpenApi())));
});
