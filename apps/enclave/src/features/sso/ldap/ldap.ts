/** LDAP and Active Directory: who somebody is by the name and password that the directory takes. */
import type { LdapSecrets, LdapSettings } from '@privexbot/contract';
import type { Context } from '../../../context.ts';
import { AppError } from '../../../errors.ts';
import { type Directory, type Entry, openDirectory } from '../../../providers/ldap/directory.ts';
import { LdapError, type LdapErrorCode } from '../../../providers/ldap/error.ts';
import { addressOf } from '../../../providers/ldap/socket.ts';
import { OutboundError, type OutboundErrorCode } from '../../../providers/outbound/error.ts';
import { firstEnd, readCertificate } from '../certificates.ts';
import { type Arrival, type Checks, type Claims, type Connection, SignInRefused, type Standing, type Strategy } from '../strategy.ts';
import { findDisabled, findGroups, personAttributes, subjectOf, whereSubject } from './person.ts';

type LdapConnection = Connection<LdapSettings, LdapSecrets>;

const TIMEOUT_MS = 10_000;
/** For a hundred people and their groups. */
const LOOK_MS = 60_000;
const MAX_NAME = 254;
/** RFC 4511 §4.1.9 */
const NO_SUCH_OBJECT = 32;

export function createLdap({ now, outbound }: Pick<Context, 'now' | 'outbound'>): Strategy<LdapSettings, LdapSecrets> {
  return {
    way: 'password',

    async verify(connection, { name, password }, checks) {
      const { settings } = connection;
      // Some directories take an entry with no password for nobody in particular, and say yes.
      checks.require('password', password !== '' && !password.includes('\0'), { expected: 'a password' });
      const wanted = name.trim();
      checks.require('name', wanted !== '' && wanted.length <= MAX_NAME && !/\p{Cc}/u.test(wanted), { expected: 'a name' });
      await using directory = await enter(connection, checks);
      return await reading(checks, async () => {
        const any = settings.loginAttributes.map((attribute) => ({ attribute, value: wanted }));
        const found = await findPeople(directory, settings, { any });
        const [person] = found;
        // One who is not there takes as long as a wrong password does.
        if (!person) await directory.bind(`cn=nobody,${settings.baseDn}`, password);
        checks.require('one_entry', person !== undefined && found.length === 1, { expected: 'one entry', found: String(found.length) });
        if (!person) return checks.refuse('one_entry');
        checks.require('password', await directory.bind(person.dn, password), { expected: 'the password of the entry' });
        return describe(directory, connection, person, checks);
      });
    },

    async prepare({ settings, secrets }) {
      const { host, port } = addressOf(settings);
      outbound.lookupFor(host, port);
      const authorities = settings.authorities.map((pem) => {
        const certificate = readCertificate(pem);
        if (!certificate) throw new AppError('bad_request', { problem: 'a certificate is not one in PEM' });
        return certificate.toString();
      });
      return { settings: { ...settings, authorities }, secrets };
    },

    expiresAt: ({ settings }) => firstEnd(settings.authorities, now()),

    isSameServer: (before, after) => before.url === after.url && fingerprints(before) === fingerprints(after),

    async probe(connection, checks) {
      await using directory = await enter(connection, checks);
      const { baseDn, groups } = connection.settings;
      await reading(checks, async () => {
        for (const base of new Set([baseDn, groups.baseDn ?? baseDn])) {
          const there = await findBase(directory, base);
          checks.require('one_entry', there, { expected: base, found: 'none' });
        }
      });
    },

    async standings(connection, subjects, checks) {
      const standings = new Map<string, Standing>();
      if (subjects.length === 0) return standings;
      await using directory = await enter(connection, checks, LOOK_MS);
      return await reading(checks, async () => {
        for (const subject of subjects) {
          const found = await findPeople(directory, connection.settings, whereSubject(connection.settings, subject));
          const [person] = found;
          if (!person || found.length > 1) standings.set(subject, 'gone');
          else if (findDisabled(person, now())) standings.set(subject, 'disabled');
          else standings.set(subject, { groups: await findGroups(directory, connection.settings, person) });
        }
        return standings;
      });
    },
  };

  /** A connection with the rights of the account that looks people up. */
  async function enter({ settings, secrets }: LdapConnection, checks: Checks, timeoutMs = TIMEOUT_MS): Promise<Directory> {
    const { host, port } = addressOf(settings);
    const directory = await reading(checks, async () => {
      try {
        return await openDirectory(settings, outbound.lookupFor(host, port), timeoutMs);
      } catch (error) {
        throw error instanceof OutboundError ? new LdapError('private_address', { cause: error }) : error;
      }
    });
    checks.require('reachable', true);
    checks.require('tls', true);
    try {
      const isTaken = await reading(checks, () => directory.bind(settings.bindDn, secrets.bindPassword));
      checks.require('bind', isTaken, { expected: 'the account that looks people up', found: settings.bindDn });
      return directory;
    } catch (error) {
      await directory[Symbol.asyncDispose]();
      throw error;
    }
  }

  async function describe(directory: Directory, { settings, secrets }: LdapConnection, person: Entry, checks: Checks): Promise<Arrival> {
    const disabled = findDisabled(person, now());
    checks.require('enabled', disabled === undefined, { expected: 'an account in use', found: disabled });
    const subject = subjectOf(settings, person);
    checks.require('subject', subject !== undefined, { expected: `one ${settings.subjectAttribute}`, found: 'none' });
    // Asked with the rights of the account that looks people up: people may not see all of their groups.
    checks.require('bind', await directory.bind(settings.bindDn, secrets.bindPassword), { found: settings.bindDn });
    const groups = await findGroups(directory, settings, person);
    const [name] = person.texts(settings.nameAttribute);
    const [email] = person.texts(settings.emailAttribute);
    const claims: Claims = {
      dn: [person.dn],
      ...Object.fromEntries(
        personAttributes(settings).map((attribute) => [
          attribute,
          attribute === settings.subjectAttribute ? [subject ?? ''] : person.texts(attribute),
        ]),
      ),
      groups,
    };
    checks.claims = claims;
    return {
      issuer: namingContext(settings.baseDn),
      subject: subject ?? '',
      ...(name ? { name } : {}),
      ...(email ? { email } : {}),
      emailVerified: email !== undefined,
      groups,
      amr: ['pwd'],
      authTime: now(),
      claims,
    };
  }
}

/** Whether an entry is there, below which others are to be looked for. */
async function findBase(directory: Directory, base: string): Promise<boolean> {
  try {
    const where = { present: 'objectClass' };
    return (await directory.search({ base, scope: 'base', where, attributes: ['1.1'], limit: 1, firstOnly: true })).length === 1;
  } catch (error) {
    if (error instanceof LdapError && error.result === NO_SUCH_OBJECT) return false;
    throw error;
  }
}

/** However the certificates are written. */
function fingerprints({ authorities }: LdapSettings): string {
  return authorities.map((pem) => readCertificate(pem)?.fingerprint256 ?? pem).join();
}

/** At most two: more than one are refused, however many there are. */
function findPeople(directory: Directory, settings: LdapSettings, where: Parameters<Directory['search']>[0]['where']): Promise<Entry[]> {
  return directory.search({
    base: settings.baseDn,
    scope: 'sub',
    where: { all: [{ attribute: 'objectClass', value: settings.personClass }, where] },
    attributes: personAttributes(settings),
    limit: 2,
    firstOnly: true,
  });
}

/** Which check each failure of the client is. */
const CHECKS = { tls: 'tls', no_tls: 'tls', operation: 'answer', too_large: 'size' } as const;
/** Failures that say nothing of whoever signs in: the directory was not reached. */
const NOT_REACHED: Readonly<Partial<Record<LdapErrorCode, OutboundErrorCode>>> = {
  private_address: 'private_address',
  not_resolved: 'not_resolved',
  refused: 'refused',
  timeout: 'timeout',
  interrupted: 'interrupted',
  tls: 'tls',
  no_tls: 'tls',
};

async function reading<T>(checks: Checks, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LdapError)) throw error;
    const check = error.code in CHECKS ? CHECKS[error.code as keyof typeof CHECKS] : 'reachable';
    const found = error.result === undefined ? error.message : `${error.message} (result ${error.result})`;
    try {
      return checks.refuse(check, { found });
    } catch {
      const notReached = NOT_REACHED[error.code];
      throw new SignInRefused(check, { cause: notReached ? new OutboundError(notReached, '', error) : error });
    }
  }
}

/** The part of a name that does not change when people move: its domain, else its last part. */
function namingContext(baseDn: string): string {
  const parts = baseDn
    .toLowerCase()
    .split(/(?<!\\),/)
    .map((part) => part.trim());
  const domain = parts.filter((part) => part.startsWith('dc='));
  return (domain.length ? domain : parts.slice(-1)).join(',');
}
