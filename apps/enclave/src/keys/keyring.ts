import { createHmac, createPrivateKey, createPublicKey, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { DataKeyId, OrgId } from '@privexbot/contract';
import { randomBytes } from '../random.ts';
import { StartProblem } from '../start-problem.ts';
import { RootKeyProblem, type RootKeySource } from './root-key.ts';
import { SealError, SealingKey, toAad } from './seal.ts';

/** A stored key: random, sealed under its parent, then under the key of an epoch. */
export interface StoredKey {
  readonly id: string;
  /** An organization's id, or `environment`. */
  readonly org_id: string;
  readonly kind: 'environment' | 'organization' | 'data';
  readonly epoch: number;
  readonly wrapped: Uint8Array;
}

export interface KeyStore {
  find(id: string): Promise<StoredKey | undefined>;
  insert(keys: readonly StoredKey[]): Promise<void>;
}

/** What blind indexes and credential hashes are kept apart by. */
export type Purpose =
  | 'email'
  | 'subject'
  | 'credential'
  | 'recovery-code'
  | 'challenge'
  | 'device'
  | 'known-device'
  | 'rate'
  | 'invitation'
  | 'group'
  | 'external-group'
  | 'agency'
  | 'hand-over'
  | 'directory-session'
  | 'scim-token'
  | 'scim-name'
  | 'scim-external'
  | 'api-key'
  | 'slug'
  | 'conversation'
  | 'document-name'
  | 'content'
  | 'version'
  | 'domain'
  | 'session-activity';

/**
 * The keys of one environment: environment key, organization keys, data keys (architecture.md, "Keys").
 * Opened keys stay in memory until they are forgotten.
 */
export class Keyring {
  readonly source: RootKeySource;
  readonly #epochs: Map<number, SealingKey>;
  #epoch: number;
  readonly #environment: Uint8Array;
  readonly #opened = new Map<string, { org: string; key: Promise<SealingKey> }>();
  readonly #macKeys = new Map<string, KeyObject>();
  /** Seals users, sessions and other rows that belong to no organization. */
  readonly environment: SealingKey;

  private constructor(source: RootKeySource, epoch: number, epochKey: SealingKey, environment: Uint8Array) {
    this.source = source;
    this.#epoch = epoch;
    this.#epochs = new Map([[epoch, epochKey]]);
    this.#environment = environment;
    this.environment = new SealingKey(deriveKey(environment, 'rows'));
  }

  /**
   * Opens the environment key, or makes it where the store holds none.
   * @throws StartProblem if the root key does not open the stored one
   */
  static async open(source: RootKeySource, store: KeyStore): Promise<Keyring> {
    const stored = await store.find(ENVIRONMENT_KEY);
    if (stored) {
      const epochKey = new SealingKey(await source.openEpoch(stored.epoch));
      try {
        return new Keyring(source, stored.epoch, epochKey, epochKey.open(toAad(keyPlace(stored)), stored.wrapped));
      } catch (error) {
        if (!(error instanceof SealError)) throw error;
        throw new StartProblem(
          'The root key does not open this data. Set PRIVEXBOT_ROOT_KEY to the source that was used with it. Nothing was changed.',
        );
      }
    }
    const epoch = Math.max(1, ...(await source.epochs()));
    const epochKey = new SealingKey(await source.createEpoch(epoch));
    const secret = randomBytes(32);
    const key = { id: ENVIRONMENT_KEY, org_id: 'environment', kind: 'environment', epoch } as const;
    await store.insert([{ ...key, wrapped: epochKey.seal(toAad(keyPlace(key)), secret) }]);
    return new Keyring(source, epoch, epochKey, secret);
  }

  /** Number of the epoch that new keys are wrapped under. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * From now on new keys are wrapped under this epoch.
   * @param check what `checkOf` said when the epoch's key was made
   * @throws RootKeyProblem `damaged` if the source gives another key than was made: keys wrapped under one that somebody put in its
   * place would be open to them
   */
  async useEpoch(epoch: number, check: Uint8Array): Promise<void> {
    const secret = await this.source.openEpoch(epoch);
    if (!equalBytes(this.checkOf(secret), check))
      throw new RootKeyProblem(
        'damaged',
        `The root key source gives another key for epoch ${epoch} than was made there. Put back the one that was made. Nothing was changed.`,
      );
    this.#epochs.set(epoch, new SealingKey(secret));
    this.#epoch = epoch;
  }

  /** Tells an epoch's key from any other, without telling the key. */
  checkOf(epochSecret: Uint8Array): Uint8Array {
    return createHmac('sha256', this.mac('epoch check')).update(epochSecret).digest();
  }

  /** The same key under the current epoch. @throws SealError if the stored one was changed */
  async rewrap(store: KeyStore, { wrapped, ...key }: StoredKey): Promise<StoredKey> {
    const moved = { ...key, epoch: this.#epoch };
    const [before, after] = [toAad(keyPlace(key)), toAad(keyPlace(moved))];
    const inner = (await this.#openEpoch(key.epoch)).open(before, wrapped);
    const parent = await this.#parentOf(store, key);
    const resealed = parent ? parent.seal(after, parent.open(before, inner)) : inner;
    return { ...moved, wrapped: (await this.#openEpoch(moved.epoch)).seal(after, resealed) };
  }

  /** Whether the stored environment key opens, as the next start will open it. @throws SealError or RootKeyProblem if it does not */
  async requireStored(store: KeyStore): Promise<void> {
    const stored = await store.find(ENVIRONMENT_KEY);
    if (!stored) throw new SealError(NO_SUCH_KEY);
    const epochKey = new SealingKey(await this.source.openEpoch(stored.epoch));
    if (!equalBytes(epochKey.open(toAad(keyPlace(stored)), stored.wrapped), this.#environment)) throw new SealError(NO_SUCH_KEY);
  }

  /** Drops the keys of earlier epochs from memory, after they were destroyed at their source. */
  forgetEpochsBefore(epoch: number): void {
    for (const other of this.#epochs.keys()) if (other < epoch) this.#epochs.delete(other);
  }

  /** The key that seals an organization's own rows. */
  organization(store: KeyStore, org: OrgId): Promise<SealingKey> {
    return this.#open(store, org, org, () => Promise.resolve(this.environment));
  }

  async createOrganizationKey(store: KeyStore, org: OrgId): Promise<SealingKey> {
    const { key, stored } = await this.#make({ id: org, org_id: org, kind: 'organization' }, this.environment);
    await store.insert([stored]);
    return key;
  }

  /** The key of one bot, knowledge base, conversation or upload. Fails closed if it was destroyed. */
  data(store: KeyStore, org: OrgId, id: DataKeyId): Promise<SealingKey> {
    return this.#open(store, org, id, () => this.organization(store, org));
  }

  async createDataKey(store: KeyStore, org: OrgId, id: DataKeyId): Promise<SealingKey> {
    const [key] = await this.createDataKeys(store, org, [id]);
    if (!key) throw new Error('no key was made');
    return key;
  }

  /** Makes several at once, in the order of their ids. */
  async createDataKeys(store: KeyStore, org: OrgId, ids: readonly DataKeyId[]): Promise<SealingKey[]> {
    if (ids.length === 0) return [];
    const parent = await this.organization(store, org);
    const made = await Promise.all(ids.map((id) => this.#make({ id, org_id: org, kind: 'data' }, parent)));
    await store.insert(made.map(({ stored }) => stored));
    return made.map(({ key }) => key);
  }

  /** Drops an opened key from memory, after its row was deleted. */
  forget(id: string): void {
    this.#opened.delete(id);
  }

  /** Drops all opened keys of an organization, after their rows were deleted. */
  forgetOrganization(org: OrgId): void {
    for (const [id, opened] of this.#opened) if (opened.org === org) this.#opened.delete(id);
  }

  /** HMAC of a value under a key of this environment and purpose: equal values can be found, values cannot be guessed. */
  blindIndex(purpose: Purpose, value: string | Uint8Array): Uint8Array<ArrayBuffer> {
    return new Uint8Array(createHmac('sha256', this.mac(purpose)).update(value).digest());
  }

  /** A MAC key for one use. */
  mac(use: string): KeyObject {
    let key = this.#macKeys.get(use);
    if (!key) {
      key = createSecretKey(deriveKey(this.#environment, `mac ${use}`));
      this.#macKeys.set(use, key);
    }
    return key;
  }

  /** An Ed25519 key for one use, the same on every start. */
  signingKey(use: string): KeyObject {
    // RFC 8410 §7: PKCS#8 wrapping of a 32-byte Ed25519 seed.
    const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
    return createPrivateKey({ key: Buffer.concat([prefix, deriveKey(this.#environment, `ed25519 ${use}`)]), format: 'der', type: 'pkcs8' });
  }

  /** The public half of `signingKey`: 32 bytes. */
  publicKey(use: string): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Buffer.from(createPublicKey(this.signingKey(use)).export({ format: 'jwk' }).x ?? '', 'base64url'));
  }

  async #open(store: KeyStore, org: OrgId, id: string, parent: () => Promise<SealingKey>): Promise<SealingKey> {
    const opened = this.#opened.get(id);
    if (opened) {
      if (opened.org !== org) throw new SealError(NO_SUCH_KEY);
      return opened.key;
    }
    const key = this.#unwrap(store, org, id, parent);
    this.#remember(org, id, key);
    key.catch(() => this.#opened.delete(id));
    return key;
  }

  #remember(org: string, id: string, key: Promise<SealingKey>): void {
    if (this.#opened.size >= MAX_OPENED) this.#opened.delete(this.#opened.keys().next().value ?? '');
    this.#opened.set(id, { org, key });
  }

  /** What a stored key is sealed under inside its epoch; the environment's key is sealed under nothing else. */
  #parentOf(store: KeyStore, { kind, org_id }: Pick<StoredKey, 'kind' | 'org_id'>): Promise<SealingKey | undefined> {
    if (kind === 'environment') return Promise.resolve(undefined);
    return kind === 'organization' ? Promise.resolve(this.environment) : this.organization(store, org_id as OrgId);
  }

  async #unwrap(store: KeyStore, org: OrgId, id: string, parent: () => Promise<SealingKey>): Promise<SealingKey> {
    const stored = await store.find(id);
    if (stored?.org_id !== org) throw new SealError(NO_SUCH_KEY);
    const aad = toAad(keyPlace(stored));
    const inner = (await this.#openEpoch(stored.epoch)).open(aad, stored.wrapped);
    return new SealingKey((await parent()).open(aad, inner));
  }

  async #make(key: Pick<StoredKey, 'id' | 'org_id' | 'kind'>, parent: SealingKey): Promise<{ key: SealingKey; stored: StoredKey }> {
    const secret = randomBytes(32);
    const place = { ...key, epoch: this.#epoch };
    const aad = toAad(keyPlace(place));
    const stored = { ...place, wrapped: (await this.#openEpoch(place.epoch)).seal(aad, parent.seal(aad, secret)) };
    const opened = new SealingKey(secret);
    this.#remember(key.org_id, key.id, Promise.resolve(opened));
    return { key: opened, stored };
  }

  async #openEpoch(epoch: number): Promise<SealingKey> {
    const key = this.#epochs.get(epoch) ?? new SealingKey(await this.source.openEpoch(epoch));
    this.#epochs.set(epoch, key);
    return key;
  }
}

/** Compares two MACs without telling where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A password for the embedded database's roles, derived so that it is stored nowhere. */
export function databasePassword(secret: Uint8Array, role: 'superuser' | 'owner' | 'app'): string {
  return Buffer.from(deriveKey(secret, `database ${role}`)).toString('base64url');
}

const ENVIRONMENT_KEY = 'environment';
const NO_SUCH_KEY = 'the key of this data does not exist';
/** Opened keys in memory; the first to be opened go first. */
const MAX_OPENED = 20_000;

function keyPlace(key: Omit<StoredKey, 'wrapped'>) {
  return { table: 'keys', realm: key.org_id, id: key.id, version: 1, clear: [key.kind, key.epoch] };
}

function deriveKey(secret: Uint8Array, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), `privexbot ${use} v1`, 32));
}
