/**
 * The `tpm` source: each epoch key lies in the TPM's own memory (an NV index of the owner), readable only while the
 * named PCRs hold what they held when it was made, and gone when the index is removed. Spoken directly to the device,
 * without tools or libraries. Numbers are those of "TPM 2.0 Library", part 2 (structures) and part 3 (commands).
 */
import { randomBytes } from '../../random.ts';
import { EPOCH_KEY_BYTES, missingEpoch, NOTHING_CHANGED, RootKeyProblem, type RootKeySource } from '../root-key.ts';
import { bytes, type Connection, connectTpm, join, TpmError, u8, u16, u32 } from './tpm-device.ts';

export interface TpmSettings {
  /** Such as `/dev/tpmrm0`; a UNIX socket speaks the same. */
  readonly device: string;
  readonly pcrs: readonly number[];
  /** Of the secret for the database; the epochs follow. */
  readonly index: number;
  /** The owner's password, where one was set. */
  readonly ownerSecret: () => Promise<Uint8Array>;
}

const COMMAND = {
  undefineSpace: 0x122,
  defineSpace: 0x12a,
  write: 0x137,
  writeLock: 0x138,
  read: 0x14e,
  flushContext: 0x165,
  startAuthSession: 0x176,
  getCapability: 0x17a,
  policyPcr: 0x17f,
  policyGetDigest: 0x189,
} as const;
const OWNER = 0x40000001;
const NULL_HANDLE = 0x40000007;
const PASSWORD_SESSION = 0x40000009;
const SHA256 = 0x000b;
const NO_ALGORITHM = 0x0010;
const POLICY_SESSION = 1;
const TRIAL_SESSION = 3;
const CAPABILITY_HANDLES = 1;
/** TPMA_NV: POLICYWRITE, WRITEALL, WRITEDEFINE (locked for good after the first write), POLICYREAD, NO_DA. */
const ATTRIBUTES = (1 << 3) | (1 << 12) | (1 << 13) | (1 << 19) | (1 << 25);
/** Response codes, of format one without their parameter and session numbers (part 2, §6.6). */
const RC = {
  nvUninitialized: 0x14a,
  nvSpace: 0x14b,
  pcrChanged: 0x128,
  handle: 0x8b,
  policyFail: 0x9d,
  authUnavailable: 0x12f,
  authType: 0x124,
};
const AUTH_FAILURES = [0x8e, 0xa2, 0x921];
/** Epochs one environment may reach; their indexes are looked for in this range. */
const MAX_EPOCH = 200;

export function openTpm({ device, pcrs, index, ownerSecret }: TpmSettings): RootKeySource {
  const name = `The TPM ${device}`;
  const selection = selectPcrs(pcrs);
  const withTpm = <T>(fn: (tpm: Connection) => Promise<T>) =>
    connectTpm(device, fn).catch((error: unknown) => {
      throw error instanceof TpmError ? explain(name, pcrs, error) : error;
    });
  const indexOf = (epoch: number) => {
    if (!Number.isInteger(epoch) || epoch < 1 || epoch > MAX_EPOCH) throw missingEpoch(name, epoch);
    return index + epoch;
  };

  const read = async (tpm: Connection, at: number): Promise<Uint8Array> => {
    const size = join(u16(EPOCH_KEY_BYTES), u16(0));
    const reply = await withPolicy(tpm, selection, (auth) => tpm.call(COMMAND.read, join(u32(at), u32(at), auth, size)));
    const key = reply.sized();
    if (key.length !== EPOCH_KEY_BYTES) throw new RootKeyProblem('damaged', `${name} holds something else at 0x${at.toString(16)}.`);
    return new Uint8Array(key);
  };
  const create = async (tpm: Connection, at: number): Promise<Uint8Array> => {
    const policy = await withSession(tpm, TRIAL_SESSION, selection, async (session) =>
      (await tpm.call(COMMAND.policyGetDigest, u32(session))).sized(),
    );
    const area = join(u32(at), u16(SHA256), u32(ATTRIBUTES), bytes(policy), u16(EPOCH_KEY_BYTES));
    await tpm.call(COMMAND.defineSpace, join(u32(OWNER), passwordAuth(await ownerSecret()), bytes(new Uint8Array()), bytes(area)));
    const fill = join(bytes(randomBytes(EPOCH_KEY_BYTES)), u16(0));
    await withPolicy(tpm, selection, (auth) => tpm.call(COMMAND.write, join(u32(at), u32(at), auth, fill)));
    await withPolicy(tpm, selection, (auth) => tpm.call(COMMAND.writeLock, join(u32(at), u32(at), auth)));
    return read(tpm, at);
  };
  const remove = async (tpm: Connection, at: number): Promise<void> => {
    await tpm.call(COMMAND.undefineSpace, join(u32(OWNER), u32(at), passwordAuth(await ownerSecret()))).catch(ignore(RC.handle));
  };
  const readOrCreate = (at: number) =>
    withTpm(async (tpm) => {
      try {
        return await read(tpm, at);
      } catch (error) {
        if (!isCode(error, RC.handle, RC.nvUninitialized)) throw error;
        // One that was cut off before its key was written holds nothing yet.
        await remove(tpm, at);
        return create(tpm, at);
      }
    });

  return {
    kind: 'tpm',
    databaseSecret: () => readOrCreate(index),
    epochs: () => withTpm(async (tpm) => (await listIndexes(tpm, index)).map((at) => at - index)),
    createEpoch: (epoch) => readOrCreate(indexOf(epoch)),
    openEpoch: (epoch) =>
      withTpm((tpm) => read(tpm, indexOf(epoch))).catch((error: unknown) => {
        throw error instanceof RootKeyProblem && error.failure === 'missing' ? missingEpoch(name, epoch) : error;
      }),
    destroyEpoch: (epoch) => withTpm((tpm) => remove(tpm, indexOf(epoch))),
  };
}

/** Runs `fn` with a session whose policy is that the selected PCRs hold what they hold now. */
async function withSession<T>(tpm: Connection, type: number, selection: Uint8Array, fn: (session: number) => Promise<T>): Promise<T> {
  const nonce = bytes(randomBytes(32));
  const request = join(u32(NULL_HANDLE), u32(NULL_HANDLE), nonce, bytes(new Uint8Array()), u8(type), u16(NO_ALGORITHM), u16(SHA256));
  const session = (await tpm.call(COMMAND.startAuthSession, request)).u32();
  try {
    await tpm.call(COMMAND.policyPcr, join(u32(session), bytes(new Uint8Array()), selection));
    return await fn(session);
  } finally {
    // A session ends with the command it allowed. Where none was, it would take one of the few places of the TPM.
    await tpm.call(COMMAND.flushContext, u32(session)).catch(() => undefined);
  }
}

function withPolicy<T>(tpm: Connection, selection: Uint8Array, fn: (auth: Uint8Array) => Promise<T>): Promise<T> {
  return withSession(tpm, POLICY_SESSION, selection, (session) => fn(policyAuth(session)));
}

/** Indexes of epochs that are there. */
async function listIndexes(tpm: Connection, base: number): Promise<number[]> {
  const reply = await tpm.call(COMMAND.getCapability, join(u32(CAPABILITY_HANDLES), u32(base + 1), u32(MAX_EPOCH)));
  reply.u8(); // whether there are more, beyond the range looked at
  reply.u32();
  const found = Array.from({ length: reply.u32() }, () => reply.u32());
  return found.filter((at) => at > base && at <= base + MAX_EPOCH);
}

/** TPML_PCR_SELECTION of the SHA-256 bank. */
function selectPcrs(pcrs: readonly number[]): Uint8Array {
  const bits = new Uint8Array(3);
  for (const pcr of pcrs) bits[pcr >> 3] = (bits[pcr >> 3] ?? 0) | (1 << (pcr & 7));
  return join(u32(1), u16(SHA256), u8(bits.length), bits);
}

/** Authorisation areas of one session (part 1, §18). The policy session ends with its command. */
function policyAuth(session: number): Uint8Array {
  return toArea(join(u32(session), u16(0), u8(0), u16(0)));
}
function passwordAuth(password: Uint8Array): Uint8Array {
  return toArea(join(u32(PASSWORD_SESSION), u16(0), u8(0), bytes(password)));
}
function toArea(area: Uint8Array): Uint8Array {
  return join(u32(area.length), area);
}

function isCode(error: unknown, ...codes: number[]): boolean {
  return error instanceof TpmError && codes.includes(error.code);
}

function ignore(code: number): (error: unknown) => void {
  return (error) => {
    if (!isCode(error, code)) throw error;
  };
}

function explain(name: string, pcrs: readonly number[], error: TpmError): RootKeyProblem {
  const options = { cause: error };
  const { code } = error;
  if (code === RC.policyFail || code === RC.pcrChanged)
    return new RootKeyProblem(
      'refused',
      `${name} refuses the root key: PCR ${pcrs.join(', ')} no longer hold what they held when it was made, so other firmware, boot loader or kernel was started. Start the one the key was made with. ${NOTHING_CHANGED}`,
      options,
    );
  if (AUTH_FAILURES.includes(code))
    return new RootKeyProblem(
      'refused',
      `${name} refuses the owner's password. Check PRIVEXBOT_ROOT_KEY_SECRET_FILE. ${NOTHING_CHANGED}`,
      options,
    );
  if (code === RC.handle || code === RC.nvUninitialized) return new RootKeyProblem('missing', `${name} holds no such key.`, options);
  if (code === RC.authUnavailable || code === RC.authType)
    return new RootKeyProblem(
      'damaged',
      `${name} holds an index in the place of a root key that was not made by PrivexBot. Set another index in PRIVEXBOT_ROOT_KEY (tpm:DEVICE?pcrs=LIST&index=0x01600000). ${NOTHING_CHANGED}`,
      options,
    );
  if (code === RC.nvSpace)
    return new RootKeyProblem(
      'storage_full',
      `${name} has no space for another key. Remove indexes that nothing needs. ${NOTHING_CHANGED}`,
      options,
    );
  return new RootKeyProblem('unreachable', `${name} answered with error 0x${code.toString(16)}. ${NOTHING_CHANGED}`, options);
}
