import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeName } from './message.ts';

/** A real name server on loopback, by UDP and by HTTP (RFC 8484): it answers questions for TXT records from a table. */
export interface NameServer extends AsyncDisposable {
  /** By name, the texts; `undefined` where there is no such name; `'fails'` where the server cannot tell. */
  readonly zone: Map<string, readonly string[] | 'fails'>;
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** Where it takes DNS messages by HTTP. */
  readonly url: string;
}

export async function startNameServer(): Promise<NameServer> {
  const zone: NameServer['zone'] = new Map();
  const udp = createSocket('udp4');
  udp.on('message', (query, peer) => udp.send(answer(zone, query), peer.port, peer.address));
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  const http = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    response.writeHead(200, { 'content-type': 'application/dns-message' }).end(answer(zone, Buffer.concat(chunks)));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    zone,
    address: `127.0.0.1:${udp.address().port}`,
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/dns-query`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await Promise.all([new Promise((resolve) => http.close(resolve)), new Promise<void>((resolve) => udp.close(() => resolve()))]);
    },
  };
}

function answer(zone: NameServer['zone'], query: Uint8Array): Uint8Array {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(Buffer.from(query.subarray(at + 1, at + 1 + length)).toString('latin1'));
    at += length + 1;
  }
  const question = query.subarray(12, at + 5);
  const texts = zone.get(labels.join('.').toLowerCase());
  const code = texts === undefined ? 3 : texts === 'fails' ? 2 : 0;
  const records = Array.isArray(texts) ? texts.map(txtRecord) : [];
  const head = [query[0] ?? 0, query[1] ?? 0, 0x81, 0x80 | code, 0, 1, 0, records.length, 0, 0, 0, 0];
  return Uint8Array.from([...head, ...question, ...records.flat()]);
}

/** Points to the name of the question; strings of at most 255 bytes. */
function txtRecord(text: string): number[] {
  const strings = (text.match(/.{1,255}/gs) ?? ['']).flatMap((part) => [part.length, ...Buffer.from(part, 'latin1')]);
  return [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, strings.length >> 8, strings.length & 255, ...strings];
}

/** An alias before the records, as a server that followed it answers. */
export function aliasRecord(to: string): number[] {
  const name = encodeName(to);
  return [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, name.length, ...name];
}
