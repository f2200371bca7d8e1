import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contract, type Endpoint } from '@privexbot/contract';
import { expect, test } from 'vitest';
import { leaveOutUnread } from './contract-plugin.ts';

const FOLDER = fileURLToPath(new URL('../../contract/src/', import.meta.url));
const sources = globSync('*.ts', { cwd: FOLDER })
  .filter((file) => !file.endsWith('.test.ts') && file !== 'openapi.ts')
  .map((file) => readFileSync(FOLDER + file, 'utf8'));

test('what no caller reads is left out of every endpoint, and nothing else', () => {
  const endpoints = Object.values(contract).flatMap((feature) => Object.values<Endpoint>(feature));
  const [before, after] = [sources.join('\n'), sources.map(leaveOutUnread).join('\n')];
  const count = (text: string, field: string) => text.match(new RegExp(`^ {4}${field}:`, 'gm'))?.length ?? 0;
  for (const field of ['summary', 'rate', 'audit', 'failures', 'params', 'query']) {
    expect(count(before, field), field).toBeGreaterThan(0);
    expect(count(after, field), field).toBe(0);
  }
  for (const field of ['method', 'path', 'access', 'response', 'events', 'binary', 'download'])
    expect(count(after, field), field).toBe(count(before, field));
  expect(after.match(/^ {4}body: true,$/gm)?.length).toBe(endpoints.filter(({ body }) => body).length);
  expect(after.split('\n').length).toBe(before.split('\n').length);
});
