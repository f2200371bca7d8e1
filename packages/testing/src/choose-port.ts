import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below where Linux (32768), macOS and Windows (49152) begin to give out ports by themselves, above what services are known by. */
const FROM = 16_384;
const TO = 32_768;

/**
 * A port of loopback for a program that takes a moment to start. Nothing listens on it, and no connection and no listener that leaves the
 * choice to the system gets it in the meantime.
 */
export async function choosePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FROM, TO);
    const probe = createServer().listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
      probe.close();
      await once(probe, 'close');
      return port;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
}
