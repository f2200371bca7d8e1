import type { LookupFunction } from 'node:net';
import {
  AndFilter,
  Client,
  EqualityFilter,
  type Filter,
  InvalidCredentialsError,
  NoSuchObjectError,
  OrFilter,
  PresenceFilter,
} from 'ldapts';
import { LdapError, toLdapError } from './error.ts';
import { type LdapServer, openSocket } from './socket.ts';

/** A condition on entries. Values go as octets of their own, so that nothing in one can be taken for a part of the filter. */
export type Condition =
  | { readonly attribute: string; readonly value: string | Uint8Array }
  | { readonly present: string }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] };

export interface Search {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly where: Condition;
  readonly attributes: readonly string[];
  /** More than these are an error, unless the first few are all that is wanted. */
  readonly limit: number;
  readonly firstOnly?: boolean;
}

export interface Entry {
  readonly dn: string;
  /** Values as text, by name in any case. */
  texts(attribute: string): string[];
  /** Values as octets, of an attribute that was asked for as `attribute;binary` would be. */
  octets(attribute: string): Uint8Array[];
}

/** A connection to a directory over TLS. It follows no referral: another server was not entered by anybody. */
export interface Directory extends AsyncDisposable {
  /** Whether the directory takes the password for that entry. Afterwards the connection has that entry's rights, or none. */
  bind(dn: string, password: string): Promise<boolean>;
  search(search: Search): Promise<Entry[]>;
}

const MAX_BYTES = 32 * 1024 * 1024;
const PAGE = 500;
/** Attributes whose values are octets. */
const BINARY = ['objectGUID', 'GUID'];
/** Names that the library would take for mechanisms of SASL instead of an entry. */
const MECHANISM = /^[A-Z0-9-]+$/;

/**
 * Opens a connection, over TLS with a certificate that was verified.
 * @param timeoutMs for everything that is done on the connection
 * @throws LdapError, also while it is used
 */
export async function openDirectory(server: LdapServer, lookup: LookupFunction, timeoutMs: number): Promise<Directory> {
  const signal = AbortSignal.timeout(timeoutMs);
  const socket = await openSocket(server, lookup, signal);
  let received = 0;
  let failure: LdapError | undefined;
  const fail = (error: LdapError) => {
    failure ??= error;
    socket.destroy();
  };
  signal.addEventListener('abort', () => fail(new LdapError('timeout')), { once: true });
  socket.on('data', (bytes) => {
    received += bytes.length;
    if (received > MAX_BYTES) fail(new LdapError('too_large'));
  });
  // The library reconnects by itself, without what was verified here: it is given this socket, and no other.
  const client = new Client({
    url: 'ldaps://directory',
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
    createSecureConnection: (() => {
      if (socket.destroyed) throw failure ?? new LdapError('interrupted');
      return socket;
    }) as never,
  });
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw failure ?? toLdapError(error, signal);
    }
  };

  return {
    bind: (dn, password) =>
      run(async () => {
        // Without a password a server may say yes to anybody (RFC 4513 §5.1.2), and some end it at a NUL.
        if (!dn || !password || password.includes('\0') || MECHANISM.test(dn)) return false;
        try {
          await client.bind(dn, password);
          return true;
        } catch (error) {
          if (error instanceof InvalidCredentialsError || error instanceof NoSuchObjectError) return false;
          throw error;
        }
      }),

    search: ({ base, scope, where, attributes, limit, firstOnly }) =>
      run(async () => {
        const { searchEntries } = await client.search(base, {
          scope,
          filter: toFilter(where),
          attributes: [...attributes],
          explicitBufferAttributes: BINARY,
          derefAliases: 'never',
          timeLimit: Math.ceil(timeoutMs / 1_000),
          ...(firstOnly ? { sizeLimit: limit } : { paged: { pageSize: PAGE } }),
        });
        if (searchEntries.length > limit && !firstOnly) throw new LdapError('too_large');
        return searchEntries.slice(0, limit).map(toEntry);
      }),

    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

function toFilter(condition: Condition): Filter {
  if ('all' in condition) return new AndFilter({ filters: condition.all.map(toFilter) });
  if ('any' in condition) return new OrFilter({ filters: condition.any.map(toFilter) });
  if ('present' in condition) return new PresenceFilter({ attribute: condition.present });
  const { attribute, value } = condition;
  return new EqualityFilter({ attribute, value: typeof value === 'string' ? value : Buffer.from(value) });
}

function toEntry({ dn, ...values }: Awaited<ReturnType<Client['search']>>['searchEntries'][number]): Entry {
  const byName = new Map<string, (string | Buffer)[]>();
  for (const [name, value] of Object.entries(values)) {
    const key = name.toLowerCase();
    byName.set(key, [...(byName.get(key) ?? []), ...(Array.isArray(value) ? value : [value])]);
  }
  const valuesOf = (attribute: string) => byName.get(attribute.toLowerCase()) ?? [];
  return {
    dn,
    texts: (attribute) => valuesOf(attribute).map((value) => (typeof value === 'string' ? value : value.toString('utf8'))),
    octets: (attribute) =>
      valuesOf(attribute).map((value) => new Uint8Array(typeof value === 'string' ? Buffer.from(value, 'utf8') : value)),
  };
}
