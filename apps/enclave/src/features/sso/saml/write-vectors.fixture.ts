// Writes vectors/saml, the same each time: node scripts/launch.mjs apps/enclave/src/features/sso/saml/write-vectors.fixture.ts
import { readFile, writeFile } from 'node:fs/promises';
import { makeRows } from './rows.fixture.ts';

const folder = new URL('../../../../../../vectors/saml/', import.meta.url);
const { situation, provider, stranger } = JSON.parse(await readFile(new URL('setting.json', folder), 'utf8'));
const rows = makeRows({ ...situation, at: new Date(situation.at) }, { provider: provider.privateKey, stranger: stranger.privateKey });
await writeFile(new URL('responses.json', folder), `${JSON.stringify({ rows }, null, 1)}\n`);
console.log(`${rows.length} rows`);
