import { setImmediate as breathe } from 'node:timers/promises';
import { type GroupId, type OrgId, ROLES, type Role, type UserId } from '@privexbot/contract';
import type { Database } from '../../db/database.ts';
import type { MembershipState } from '../../db/tables.ts';
import { findPeople, type PersonInList } from '../auth/index.ts';
import { listGroupMembers } from './groups.ts';
import { listMembershipsById, type Membership, type MembershipSource } from './memberships.ts';

/** A member as lists show it. */
export interface Listed {
  readonly membership: Membership;
  readonly name: string;
  readonly email: string;
  /** Made by an Admin of this organization. */
  readonly own: boolean;
}

export interface Filter {
  readonly search?: string | undefined;
  readonly role?: Role | undefined;
  readonly state?: MembershipState | undefined;
  readonly source?: MembershipSource | undefined;
  readonly group?: GroupId | undefined;
}
export type Order = 'name' | 'email' | 'role' | 'since';

interface Entry extends Listed {
  /** Name and address as they are searched. */
  readonly text: string;
  readonly keys: Readonly<Record<Order, string>>;
  /** Of the rows this was read from: others mean to read again. */
  readonly seen: { readonly membership: unknown; readonly person: unknown };
}

interface Known {
  counters: string;
  readonly entries: Map<string, Entry>;
  /** Sorted when first asked for, kept so from then on. */
  readonly sorted: Map<Order, Entry[]>;
}

/** Entries of all organizations in memory; those that were asked for longest ago go first. */
const MAX_ENTRIES = 400_000;
const AT_ONCE = 1_000;

/**
 * The members of organizations in memory, since names and addresses are sealed and cannot be searched or sorted in the database.
 * What the heads say of rows tells which ones to read again, so a list costs no statement while nothing changed.
 */
export class Directories {
  readonly #db: Database;
  readonly #known = new Map<OrgId, Known>();
  readonly #turns = new Map<OrgId, Promise<Known>>();

  constructor(db: Database) {
    this.#db = db;
  }

  async list(
    org: OrgId,
    filter: Filter,
    { order, descending, from, limit }: { order: Order; descending: boolean; from: number; limit: number },
  ): Promise<{ items: Listed[]; found: number; total: number }> {
    const known = await this.#fresh(org);
    const inGroup = filter.group && new Set(await this.#membersOf(org, filter.group));
    const all = filter.source === 'service' ? [...known.entries.values()].filter(isProgram) : sortedBy(known, order);
    const total = sortedBy(known, order).length;
    const at = (index: number) => all[descending ? all.length - 1 - index : index];
    if (![filter.search, filter.role, filter.state, filter.source, filter.group].some(Boolean))
      return { items: Array.from({ length: limit }, (_, n) => at(from + n)).filter((one) => one !== undefined), found: total, total };
    const fits = toPredicate(filter, inGroup);
    const items: Listed[] = [];
    let found = 0;
    for (let index = 0; index < all.length; index++) {
      const entry = at(index);
      if (!entry || !fits(entry)) continue;
      if (found >= from && items.length < limit) items.push(entry);
      found++;
    }
    return { items, found, total };
  }

  async find(org: OrgId, user: UserId): Promise<Listed | undefined> {
    const { entries } = await this.#fresh(org);
    for (const entry of entries.values()) if (entry.membership.user === user) return entry;
    return undefined;
  }

  #membersOf(org: OrgId, group: GroupId): Promise<UserId[]> {
    return this.#db.transaction(org, 'system', (tx) => listGroupMembers(this.#db.keyring, tx, org, group));
  }

  /** One reading of an organization at a time; whoever asks meanwhile waits for it, and looks again. */
  async #fresh(org: OrgId): Promise<Known> {
    const before = this.#turns.get(org);
    const turn = (before ?? Promise.resolve()).catch(() => undefined).then(() => this.#refresh(org));
    this.#turns.set(org, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(org) === turn) this.#turns.delete(org);
    }
  }

  async #refresh(org: OrgId): Promise<Known> {
    const { heads } = this.#db;
    const counters = `${await heads.counter(org, 'memberships')} ${await heads.counter('environment', 'users')}`;
    const known = this.#known.get(org) ?? { counters: '', entries: new Map(), sorted: new Map() };
    this.#known.delete(org);
    this.#known.set(org, known);
    if (known.counters === counters) return known;
    const [memberships, people] = [await heads.digests(org, 'memberships'), await heads.digests('environment', 'users')];
    const stale = new Set<Entry>();
    for (const [id, entry] of known.entries)
      if (entry.seen.membership !== memberships.get(id) || entry.seen.person !== people.get(entry.membership.user)) {
        stale.add(entry);
        known.entries.delete(id);
      }
    const missing = [...memberships.keys()].filter((id) => !known.entries.has(id));
    merge(known, stale, missing.length > 0 ? await this.#read(org, known, missing, memberships, people) : []);
    known.counters = counters;
    this.#makeRoom(org);
    return known;
  }

  async #read(
    org: OrgId,
    known: Known,
    ids: readonly string[],
    digests: ReadonlyMap<string, unknown>,
    people: ReadonlyMap<string, unknown>,
  ): Promise<Entry[]> {
    const read = await this.#db.transaction(org, 'system', (tx) => listMembershipsById(this.#db.keyring, tx, org, ids));
    const added: Entry[] = [];
    for (let at = 0; at < read.length; at += AT_ONCE) {
      const batch = read.slice(at, at + AT_ONCE);
      const found = await findPeople(
        this.#db,
        batch.map(({ user }) => user),
      );
      for (const membership of batch) {
        const seen = { membership: digests.get(membership.id), person: people.get(membership.user) };
        const entry = toEntry(membership, found.get(membership.user), seen);
        known.entries.set(membership.id, entry);
        added.push(entry);
      }
      await breathe();
    }
    return added;
  }

  #makeRoom(keep: OrgId): void {
    let total = [...this.#known.values()].reduce((sum, { entries }) => sum + entries.size, 0);
    for (const [org, { entries }] of this.#known) {
      if (total <= MAX_ENTRIES) return;
      if (org === keep) continue;
      this.#known.delete(org);
      total -= entries.size;
    }
  }
}

function toEntry(membership: Membership, person: PersonInList | undefined, seen: Entry['seen']): Entry {
  const { name = '', email = '', madeBy } = person ?? {};
  const { user, role, createdAt, org } = membership;
  // The id makes each key one of its kind, so that pages neither skip nor repeat anybody.
  const key = (text: string) => `${text}\u0000${user}`;
  const keys = {
    name: key(fold(name)),
    email: key(fold(email)),
    role: key(`${ROLES.indexOf(role)}${fold(name)}`),
    since: key(createdAt.toISOString()),
  };
  return { membership, name, email, own: madeBy === org, text: `${fold(name)} ${fold(email)}`, keys, seen };
}

/** Letters that differ in case, accents or width only are found by each other. */
function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

function toPredicate({ search = '', role, state, source }: Filter, inGroup: ReadonlySet<UserId> | undefined): (entry: Entry) => boolean {
  const words = fold(search).split(/\s+/).filter(Boolean);
  return ({ membership, text }) =>
    (!role || membership.role === role) &&
    (!state || membership.state === state) &&
    (!source || membership.source === source) &&
    (!inGroup || inGroup.has(membership.user)) &&
    words.every((word) => text.includes(word));
}

/** Accounts of programs have a list of their own. */
const isProgram = ({ membership }: Entry) => membership.source === 'service';

function sortedBy(known: Known, order: Order): readonly Entry[] {
  let sorted = known.sorted.get(order);
  if (!sorted) {
    sorted = [...known.entries.values()].filter((entry) => !isProgram(entry)).sort(by(order));
    known.sorted.set(order, sorted);
  }
  return sorted;
}

/** Puts entries that came in place of those that went, without sorting all again. */
function merge(known: Known, gone: ReadonlySet<Entry>, added: readonly Entry[]): void {
  if (gone.size === 0 && added.length === 0) return;
  for (const [order, sorted] of known.sorted) {
    const compare = by(order);
    const coming = added.filter((entry) => !isProgram(entry)).sort(compare);
    const next: Entry[] = [];
    let at = 0;
    for (const entry of sorted) {
      if (gone.has(entry)) continue;
      for (let first = coming[at]; first && compare(first, entry) < 0; first = coming[at]) {
        next.push(first);
        at++;
      }
      next.push(entry);
    }
    known.sorted.set(order, [...next, ...coming.slice(at)]);
  }
}

function by(order: Order): (one: Entry, other: Entry) => number {
  return ({ keys: one }, { keys: other }) => (one[order] < other[order] ? -1 : one[order] > other[order] ? 1 : 0);
}
