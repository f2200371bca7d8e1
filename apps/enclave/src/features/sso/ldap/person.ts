import type { LdapSettings } from '@privexbot/contract';
import type { Condition, Directory, Entry } from '../../../providers/ldap/directory.ts';

/** What names a person for good, as text; `undefined` where the value is not of that form. */
const SUBJECTS: Readonly<
  Record<LdapSettings['subjectAttribute'], { read(entry: Entry): string[]; where(subject: string): string | Uint8Array }>
> = {
  entryUUID: asText('entryUUID'),
  nsUniqueId: asText('nsUniqueId'),
  ipaUniqueID: asText('ipaUniqueID'),
  objectGUID: asGuid('objectGUID'),
  GUID: asGuid('GUID'),
};

const ACCOUNT_DISABLED = 2;
/** Active Directory counts 100 ns from 1601; these two values mean that an account never ends. */
const NEVER = ['0', '9223372036854775807'];
const TICKS_PER_MS = 10_000n;
const EPOCH_1601_MS = 11_644_473_600_000n;

/** How directories say that an account must not be used, whatever its password. */
const DISABLED: readonly { readonly attribute: string; readonly isSet: (value: string, now: Date) => boolean }[] = [
  { attribute: 'userAccountControl', isSet: (value) => (Number(value) & ACCOUNT_DISABLED) !== 0 },
  { attribute: 'accountExpires', isSet: (value, now) => !NEVER.includes(value) && endOf(value) <= now.getTime() },
  // 389 Directory Server and FreeIPA.
  { attribute: 'nsAccountLock', isSet: (value) => /^true$/i.test(value) },
  // OpenLDAP's password policy: locked by an administrator, for good.
  { attribute: 'pwdAccountLockedTime', isSet: (value) => value === '000001010000Z' },
];

/** Everything that is asked of a person's entry. */
export function personAttributes({ subjectAttribute, nameAttribute, emailAttribute, groups }: LdapSettings): string[] {
  const own = isByName(groups.memberAttribute) ? ['uid'] : [];
  return [...new Set([subjectAttribute, nameAttribute, emailAttribute, ...own, ...DISABLED.map(({ attribute }) => attribute)])];
}

/** @returns nothing where the entry has no such value, or several */
export function subjectOf({ subjectAttribute }: LdapSettings, entry: Entry): string | undefined {
  const [subject, ...others] = SUBJECTS[subjectAttribute].read(entry);
  return others.length ? undefined : subject || undefined;
}

/** Finds the entry that a subject names. */
export function whereSubject({ subjectAttribute }: LdapSettings, subject: string): Condition {
  return { attribute: subjectAttribute, value: SUBJECTS[subjectAttribute].where(subject) };
}

/** The attribute by which a directory says that the account is disabled, or undefined. */
export function findDisabled(entry: Entry, now: Date): string | undefined {
  return DISABLED.find(({ attribute, isSet }) => entry.texts(attribute).some((value) => isSet(value, now)))?.attribute;
}

const MAX_GROUPS = 2_000;
const MAX_DEPTH = 20;
/** Members that one search asks for. */
const AT_ONCE = 50;

/** The groups of a person, and the groups of these where they count, by name; each once. */
export async function findGroups(directory: Directory, { baseDn, groups }: LdapSettings, person: Entry): Promise<string[]> {
  const { groupClass, memberAttribute, nameAttribute, nested } = groups;
  const byName = isByName(memberAttribute);
  const found = new Map<string, Entry>();
  let members = byName ? person.texts('uid').slice(0, 1) : [person.dn];
  for (let depth = 0; members.length && depth < MAX_DEPTH; depth++) {
    const next: string[] = [];
    for (let at = 0; at < members.length; at += AT_ONCE) {
      const any = members.slice(at, at + AT_ONCE).map((value) => ({ attribute: memberAttribute, value }));
      const entries = await directory.search({
        base: groups.baseDn ?? baseDn,
        scope: 'sub',
        where: { all: [{ attribute: 'objectClass', value: groupClass }, { any }] },
        attributes: nameAttribute === 'dn' ? ['1.1'] : [nameAttribute],
        limit: MAX_GROUPS,
      });
      for (const entry of entries) {
        const key = entry.dn.toLowerCase();
        if (found.has(key) || found.size >= MAX_GROUPS) continue;
        found.set(key, entry);
        next.push(entry.dn);
      }
    }
    members = nested && !byName ? next : [];
  }
  const names = [...found.values()].flatMap((group) => (nameAttribute === 'dn' ? [group.dn] : group.texts(nameAttribute).slice(0, 1)));
  return [...new Set(names)];
}

/** Groups of RFC 2307 list members by name, and hold no groups. */
function isByName(memberAttribute: string): boolean {
  return memberAttribute.toLowerCase() === 'memberuid';
}

function asText(attribute: string) {
  return { read: (entry: Entry) => entry.texts(attribute), where: (subject: string) => subject };
}

/** Microsoft's order of octets: the first three parts are little-endian. */
const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

function asGuid(attribute: string) {
  return {
    read: (entry: Entry) =>
      entry.octets(attribute).map((octets) => {
        if (octets.length !== GUID_ORDER.length) return '';
        const hex = Buffer.from(GUID_ORDER.map((at) => octets[at] ?? 0)).toString('hex');
        return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      }),
    where(subject: string) {
      const octets = Buffer.from(subject.replaceAll('-', ''), 'hex');
      return Uint8Array.from(GUID_ORDER, (at) => octets[at] ?? 0);
    },
  };
}

function endOf(ticks: string): number {
  return /^\d{1,19}$/.test(ticks) ? Number(BigInt(ticks) / TICKS_PER_MS - EPOCH_1601_MS) : 0;
}
