import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CHECKS, type CheckId } from '@privexbot/attestation';
import { NotVerifiedError } from '@privexbot/sdk';
import { expect, test } from 'vitest';
import { explainConnection } from './explain-connection.ts';

const MINUTE = 60_000;

async function explained(id: CheckId, clockAheadMs: number): Promise<string> {
  const server = createServer((_, response) => response.writeHead(200, { date: new Date(Date.now() + clockAheadMs).toUTCString() }).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const error = new NotVerifiedError({
      verdict: 'not-verified',
      checkedAt: new Date().toISOString(),
      environment: { id: '', identityKey: '', identityFingerprint: '', isFirstUse: false },
      models: [],
      checks: [{ id, title: CHECKS[id], status: 'failed' }],
      limits: [],
    });
    return String(await explainConnection(error, `http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a clock that differs from the server’s is named where a check depends on it', async () => {
  expect(await explained('tcb-info', 30 * MINUTE)).toMatch(
    /Not passed: “The vendor’s statement .*” ?\.? ?The clock of this computer says 20/,
  );
  expect(await explained('crl', -30 * MINUTE)).toContain('The clock of this computer');
  expect(await explained('crl', MINUTE)).not.toContain('clock');
  expect(await explained('signature', 30 * MINUTE)).not.toContain('clock');
});

test('what was no failure of a connection stays what it was', async () => {
  const error = new Error('else');
  expect(await explainConnection(error, 'http://127.0.0.1:9')).toBe(error);
});
