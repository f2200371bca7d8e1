import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LIMITS } from '@privexbot/attestation';
import { contract, type Endpoint } from '@privexbot/contract';
import { SETTINGS } from '@privexbot/enclave/config.ts';
import { expect, test } from 'vitest';

const documents = globSync('{*.md,docs/**/*.md,bench/*.md,vectors/**/*.md}');
const LINK = /\]\((?!https?:|#|mailto:)([^)\s#]+)/g;
const NAMED = /`([\w./-]+\.(?:ts|tsx|mjs))`/g;
const STEP = /\]\((\.\.\/[^)\s]+)\) `(\w+)`/g;

test('links of the documents lead to files that are there', () => {
  const broken: string[] = [];
  let seen = 0;
  for (const path of documents)
    for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(LINK)) {
      seen++;
      if (!existsSync(join(dirname(path), target))) broken.push(`${path}: ${target}`);
    }
  expect(broken).toEqual([]);
  expect(seen).toBeGreaterThan(20);
});

test('files that the documents name are there', () => {
  const sources = globSync('{apps,packages,e2e,scripts,bench}/**/*.{ts,tsx,mjs}', { exclude: (path) => path.includes('node_modules') });
  const missing: string[] = [];
  let seen = 0;
  for (const path of documents)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(NAMED)) {
      seen++;
      if (!sources.some((source) => `/${source}`.endsWith(`/${name}`))) missing.push(`${path}: ${name}`);
    }
  expect(missing).toEqual([]);
  expect(seen).toBeGreaterThan(10);
});

test('each setting of the server is described', () => {
  const text = readFileSync('docs/guides/running.md', 'utf8');
  expect(SETTINGS.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test('each line of the threat model names a test that is there, and each limit that clients show is explained', () => {
  const text = readFileSync('docs/threat-model.md', 'utf8');
  const tests = globSync('{apps,packages,e2e,scripts}/**/*.{test,journey}.ts', { exclude: (path) => path.includes('node_modules') });
  const [attacks = '', remains = ''] = text.split('\n## What remains\n');
  const lines = [...attacks.matchAll(/^\| (?!attack |---)(.+?) \|.*\| (.+) \|$/gm)];
  const wrong = lines.flatMap(([, attack = '', tested = '']) => {
    const names = [...tested.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    const missing = names.filter((name) => tests.filter((path) => `/${path}`.endsWith(`/${name}`)).length !== 1);
    return names.length === 0 || missing.length > 0 ? [`${attack}: ${missing.join(', ') || 'no test'}`] : [];
  });
  expect(wrong).toEqual([]);
  expect(lines.length).toBeGreaterThan(30);
  expect(Object.keys(LIMITS).filter((limit) => !remains.includes(`| \`${limit}\` |`))).toEqual([]);
});

test('what asks for a fresh proof is told in full', () => {
  const told = readFileSync('docs/adr/0014-what-asks-for-a-fresh-proof.md', 'utf8')
    .split(/(?=\n\| feature \| `)/)
    .slice(1)
    .map((table) => [...table.matchAll(/`(\w+\.\w+)`/g)].map(([, name = '']) => name).filter((name) => name !== 'auth.changePassword'));
  const by = (wish: Endpoint['fresh']) =>
    Object.entries(contract).flatMap(([feature, all]) =>
      Object.entries<Endpoint>(all).flatMap(([name, { fresh }]) => (fresh === wish ? [`${feature}.${name}`] : [])),
    );
  expect(told.map((names) => names.sort())).toEqual([by(true).sort(), by('person').sort()]);
});

test('each hostile input names a test that is there, and vectors that are', () => {
  const text = readFileSync('docs/hostile-inputs.md', 'utf8');
  const tests = globSync('{apps,packages,e2e,scripts}/**/*.{test,journey}.ts', { exclude: (path) => path.includes('node_modules') });
  const vectors = globSync('vectors/**/*.json').map((path) => readFileSync(path, 'utf8'));
  const wrong: string[] = [];
  let seen = 0;
  for (const [, tried = '', , tested = ''] of text.matchAll(/^\| (?!try |---)(.+) \| (.+) \| (.+) \|$/gm)) {
    for (const named of tested.split('<br>')) {
      const [, file = '', title = ''] = /^`([^`]+)` — (.+)$/.exec(named) ?? [];
      const [path, ...others] = tests.filter((one) => `/${one}`.endsWith(`/${file}`));
      const isThere = path && title && others.length === 0 && readFileSync(path, 'utf8').includes(title);
      if (!isThere) wrong.push(named);
      seen++;
    }
    for (const [, vector = ''] of tried.matchAll(/`([a-z]+(?:: |[-/])[\w-]+)`/g))
      if (!vectors.some((one) => one.includes(`"${vector}"`))) wrong.push(vector);
  }
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(100);
});

test('each step of the walks names a function that its file has', () => {
  const missing: string[] = [];
  let seen = 0;
  for (const [, target = '', name = ''] of readFileSync('docs/walks.md', 'utf8').matchAll(STEP)) {
    seen++;
    const source = readFileSync(join('docs', target), 'utf8');
    if (!new RegExp(`(function\\*? |async \\*?|\\b)${name}\\b ?[(<]`).test(source)) missing.push(`${target} ${name}`);
  }
  expect(missing).toEqual([]);
  expect(seen).toBeGreaterThan(10);
});
