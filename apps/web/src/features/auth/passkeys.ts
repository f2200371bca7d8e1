/** What the browser does with passkeys. Fetched when one is wanted. */
import type { Account } from '@privexbot/contract';
import { browserSupportsWebAuthnAutofill, startAuthentication, startRegistration, WebAuthnAbortService } from '@simplewebauthn/browser';
import type * as z from 'zod';
import { api } from '../../api.ts';

type Person = z.output<typeof Account>;

/** The person closed the browser's question, or it had nothing to offer: no failure of anybody's. */
export class PasskeyCancelled extends Error {
  override readonly name = 'PasskeyCancelled';
}

export async function signInByPasskey(): Promise<Person> {
  const { credentials } = await api();
  const { challenge, options } = await credentials.startPasskey();
  const response = await askFor(options);
  return credentials.signInByPasskey({ body: { challenge, response } });
}

/** A new account whose way in is a passkey. */
export async function signUpByPasskey(wish: { name: string; email?: string; invitation?: string }): Promise<Person> {
  const { credentials } = await api();
  const { challenge, options } = await credentials.startPasskeySignUp({ body: wish });
  const response = await make(options);
  return credentials.signUpByPasskey({ body: { challenge, response } });
}

/** One more for who is signed in. */
export async function addPasskey(name: string): Promise<void> {
  const { credentials } = await api();
  const { challenge, options } = await credentials.startRegistration();
  const response = await make(options);
  await credentials.addPasskey({ body: { challenge, response, name } });
}

/** Signs what the options ask for. @throws PasskeyCancelled */
export async function askFor(options: Record<string, unknown>) {
  // The options are the server's own, and the browser checks them.
  return uncancelled(() => startAuthentication({ optionsJSON: options as never }));
}

/** Waits until a passkey is chosen in the field, if the browser has some. */
export async function autofill(enter: (call: () => Promise<Person>) => Promise<void>, left: AbortSignal): Promise<void> {
  if (!(await browserSupportsWebAuthnAutofill()) || left.aborted) return;
  const { credentials } = await api();
  const { challenge, options } = await credentials.startPasskey();
  if (left.aborted) return;
  left.addEventListener('abort', () => WebAuthnAbortService.cancelCeremony());
  const response = await startAuthentication({ optionsJSON: options as never, useBrowserAutofill: true });
  await enter(() => credentials.signInByPasskey({ body: { challenge, response } }));
}

async function make(options: Record<string, unknown>) {
  return uncancelled(() => startRegistration({ optionsJSON: options as never }));
}

async function uncancelled<T>(ceremony: () => Promise<T>): Promise<T> {
  try {
    return await ceremony();
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'NotAllowedError' || name === 'AbortError') throw new PasskeyCancelled(undefined, { cause: error });
    throw error;
  }
}
