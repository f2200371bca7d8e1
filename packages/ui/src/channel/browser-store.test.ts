import type { Remembered } from '@privexbot/attestation';
import { expect, test } from 'vitest';
import { memoryOf, openBrowserStore, pinStore } from './browser-store.ts';

const ORIGIN = 'https://enclave.example';
const known: Remembered = { identityKey: 'known', sequence: 7 };
const linked: Remembered = { identityKey: 'linked', sequence: 1 };

test('a link’s pin is remembered on a first visit, and never in the place of an identity that is known', async () => {
  // No IndexedDB here, as in frames of some browsers: what is kept lasts as long as the page.
  const store = await openBrowserStore();
  const byLink = pinStore(store, { pin: 'linked' });
  await byLink.write(ORIGIN, linked);
  expect(await byLink.read(ORIGIN)).toEqual(linked);

  await pinStore(store, {}).write(ORIGIN, known);
  await byLink.write(ORIGIN, linked);
  expect(await byLink.read(ORIGIN)).toEqual(known);
  await pinStore(store, { pin: 'known' }).write(ORIGIN, { ...known, sequence: 8 });
  expect(await byLink.read(ORIGIN)).toEqual({ ...known, sequence: 8 });
});

test('what is remembered of an origin is forgotten alone, and no link has it forgotten', async () => {
  const store = await openBrowserStore();
  const { wasVerified, forget } = memoryOf(store, {}, ORIGIN);
  expect(await wasVerified()).toBeUndefined();
  await store.write('pins', ORIGIN, { ...known, wasVerified: false });
  await store.write('pins', 'https://other.example', known);
  expect(await wasVerified()).toBe(false);
  expect(await memoryOf(store, { pin: 'linked' }, ORIGIN).wasVerified()).toBeUndefined();
  await forget();
  expect([await wasVerified(), await store.read('pins', ORIGIN)]).toEqual([undefined, undefined]);
  expect(await store.read('pins', 'https://other.example')).toEqual(known);
});
