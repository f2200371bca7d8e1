import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOutbound } from '../outbound/outbound.ts';
import { createDns, DnsUnreachable } from './dns.ts';
import { type NameServer, startNameServer } from './name-server.fixture.ts';

let server: NameServer;
const outbound = createOutbound({ privateHosts: new Set(), log: { info: () => undefined } });
beforeAll(async () => {
  server = await startNameServer();
  server.zone.set('_privexbot.acme.test', ['privexbot-domain=one', 'x'.repeat(300)]);
  server.zone.set('empty.test', []);
  server.zone.set('broken.test', 'fails');
  server.zone.set(
    'crowded.test',
    Array.from({ length: 20 }, (_, i) => `text ${i}`),
  );
});
afterAll(async () => {
  await outbound.close();
  await server[Symbol.asyncDispose]();
});

/** The fixture speaks HTTP without TLS: the address is rewritten on its way out. */
const overHttps = {
  request: (_url: string | URL, init: Parameters<typeof outbound.request>[1]) => outbound.request(server.url, init),
};

test.each([
  ['in plain', () => createDns([server.address], outbound)],
  ['over https', () => createDns(['https://dns.invalid/dns-query'], overHttps)],
])('%s: texts, nothing, and no answer are told apart', async (_, make) => {
  const dns = make();
  expect(await dns.txt('_privexbot.acme.test')).toEqual(['privexbot-domain=one', 'x'.repeat(300)]);
  expect(await dns.txt('empty.test')).toEqual([]);
  expect(await dns.txt('nowhere.test')).toEqual([]);
  expect(await dns.txt('crowded.test')).toHaveLength(20);
  await expect(dns.txt('broken.test')).rejects.toThrow(DnsUnreachable);
});

test('where nobody answers that is said, and the next server is asked', async () => {
  await expect(createDns(['127.0.0.1:9'], outbound).txt('acme.test')).rejects.toThrow(DnsUnreachable);
  const first = {
    request: (url: string | URL, init: Parameters<typeof outbound.request>[1]) =>
      outbound.request(String(url).includes('down') ? 'http://127.0.0.1:9/' : server.url, init),
  };
  expect(await createDns(['https://down.invalid/', 'https://up.invalid/'], first).txt('_privexbot.acme.test')).toHaveLength(2);
});
