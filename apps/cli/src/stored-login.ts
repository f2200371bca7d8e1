// The device that the last login belongs to. The password is never in it, and nothing in it is ever sent.
import type { DeviceJwk } from '@privexbot/sdk';
import * as z from 'zod';
import { type Env, keep, readKept, removeKept } from './config-folder.ts';

const FILE = 'login.json';
const Part = z.string().regex(/^[\w-]{43}$/);
const StoredLogin = z.object({
  url: z.url(),
  /** The private key, RFC 7517. */
  device: z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: Part, y: Part, d: Part }),
});
type StoredLogin = z.output<typeof StoredLogin>;

export function readLogin(env: Env): Promise<StoredLogin | undefined> {
  return readKept(env, FILE, StoredLogin);
}

export function storeLogin(env: Env, { url, device }: { readonly url: string; readonly device: DeviceJwk }): Promise<void> {
  return keep(env, FILE, StoredLogin.parse({ url, device }));
}

/** The key of this device at that server, if it is the one of the last login. */
export async function removeLogin(env: Env, url: string): Promise<boolean> {
  if ((await readLogin(env))?.url !== url) return false;
  await removeKept(env, FILE);
  return true;
}
