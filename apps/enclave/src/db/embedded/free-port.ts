import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of loopback that nothing listens on at the moment; the caller must be ready to find it taken. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (!address || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}
