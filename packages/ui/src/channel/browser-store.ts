/** What the worker keeps on this device: the key of the device, and what is known of the environment. A page cannot read the key out. */
import type { Pins, Remembered } from '@privexbot/attestation';
import type { ChannelSettings } from './messages.ts';

interface Kept {
  device: CryptoKeyPair;
  pins: Remembered;
}

type Place = keyof Kept;

const NAME = 'privexbot';
const PLACES: readonly Place[] = ['device', 'pins'];

export interface BrowserStore {
  read<P extends Place>(place: P, key: string): Promise<Kept[P] | undefined>;
  /** `undefined` forgets what was there. */
  write<P extends Place>(place: P, key: string, value: Kept[P] | undefined): Promise<void>;
  /** Keeps the value unless there is one already, as another tab may have been quicker; gives the one that is kept. */
  keep<P extends Place>(place: P, key: string, value: Kept[P]): Promise<Kept[P]>;
}

const DEVICE = 'this';

/** The key of this device, made at its first need. It cannot be read out, only used, and only by pages of this origin. */
export async function deviceKeyPair(store: BrowserStore, generate: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair> {
  return (await store.read('device', DEVICE)) ?? store.keep('device', DEVICE, await generate());
}

/** What was learned of each origin, for the SDK. Anybody can make a link: its pin never takes the place of an identity that this browser knows. */
export function pinStore(store: BrowserStore, { pin }: ChannelSettings) {
  return {
    read: (origin: string) => store.read('pins', origin),
    async write(origin: string, remembered: Remembered) {
      const known = pin === undefined ? undefined : await store.read('pins', origin);
      if (known?.identityKey === undefined || known.identityKey === remembered.identityKey) await store.write('pins', origin, remembered);
    },
  };
}

/** What is remembered of the origin, to be given up where another environment answers. */
export function memoryOf(store: BrowserStore, { pin }: ChannelSettings, origin: string) {
  return {
    wasVerified: async () => (pin === undefined ? (await store.read('pins', origin))?.wasVerified : undefined),
    /** With the environment goes the key by which it knew this device. */
    async forget(): Promise<void> {
      await store.write('pins', origin, undefined);
      await store.write('device', DEVICE, undefined);
    },
  };
}

/** The pin of a link. One that cannot be read is the pin of nobody, so that every environment is refused rather than any taken. */
export function pinsOf({ pin }: ChannelSettings): Pins {
  return pin === undefined ? {} : { identityKey: fromBase64url(pin) ?? new Uint8Array(32) };
}

function fromBase64url(text: string): Uint8Array | undefined {
  if (!/^[\w-]{43}$/.test(text)) return undefined;
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

/** Storage of this origin, or of this page alone where the browser refuses storage, as some do inside frames. */
export async function openBrowserStore(): Promise<BrowserStore> {
  try {
    return inDatabase(await openDatabase());
  } catch {
    return inMemory();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => {
    for (const place of PLACES) opening.result.createObjectStore(place);
  };
  return settled(opening);
}

function inDatabase(database: IDBDatabase): BrowserStore {
  const storeOf = (place: Place, mode: IDBTransactionMode) => database.transaction(place, mode).objectStore(place);
  return {
    read: (place, key) => settled(storeOf(place, 'readonly').get(key)),
    async write(place, key, value) {
      await settled(storeOf(place, 'readwrite').put(value, key));
    },
    async keep(place, key, value) {
      // Both steps are of one transaction, which no other tab can come between.
      const store = storeOf(place, 'readwrite');
      const known = await settled(store.get(key));
      if (known !== undefined) return known;
      await settled(store.put(value, key));
      return value;
    },
  };
}

function inMemory(): BrowserStore {
  const kept = new Map<string, Kept[Place] | undefined>();
  return {
    read: async <P extends Place>(place: P, key: string) => kept.get(`${place} ${key}`) as Kept[P] | undefined,
    async write(place, key, value) {
      kept.set(`${place} ${key}`, value);
    },
    async keep<P extends Place>(place: P, key: string, value: Kept[P]) {
      const known = (kept.get(`${place} ${key}`) as Kept[P] | undefined) ?? value;
      kept.set(`${place} ${key}`, known);
      return known;
    },
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
