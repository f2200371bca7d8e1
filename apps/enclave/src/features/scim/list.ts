/** Finding resources (RFC 7644 §3.4.2): by filter, in order, page by page. */
import type { UserId } from '@privexbot/contract';
import { findGroup, type Group, listGroups } from '../organizations/index.ts';
import type { Ports, ScimCall } from './call.ts';
import { type Filter, parseFilter } from './filter.ts';
import { presentGroup } from './groups.ts';
import { matches, orderBy } from './match.ts';
import { presentPeople } from './people.ts';
import { project, type Resource, type Wanted } from './resource.ts';
import { isSame, type ResourceType, TYPES } from './schemas.ts';
import { ScimError } from './scim-error.ts';
import { countScimUsers, findScimUser, pageScimUsers, type ScimUser, type Tx } from './store.ts';

export const LIST_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
/** Most resources of one answer, as ServiceProviderConfig says. */
export const MAX_RESULTS = 500;
const DEFAULT_COUNT = 100;
/** People that are opened at once where all have to be looked at. */
const BATCH = 1_000;

export interface Query {
  readonly filter?: string | undefined;
  readonly sortBy?: string | undefined;
  readonly sortOrder?: string | undefined;
  readonly startIndex?: unknown;
  readonly count?: unknown;
}

export interface ListResponse {
  readonly schemas: readonly string[];
  readonly totalResults: number;
  readonly startIndex: number;
  readonly itemsPerPage: number;
  readonly Resources: readonly Resource[];
}

interface Range {
  readonly startIndex: number;
  readonly count: number;
}

/** @throws ScimError */
export async function listResources(
  ports: Ports,
  tx: Tx,
  call: ScimCall,
  type: ResourceType,
  query: Query,
  wanted: Wanted,
): Promise<ListResponse> {
  const range = { startIndex: Math.max(1, readNumber(query.startIndex, 1)), count: readCount(query.count) };
  const filter = query.filter === undefined ? undefined : parseFilter(query.filter);
  const find = type.id === 'User' ? findPeople : findGroups;
  const { total, page } = await find(ports, tx, call, { filter, text: query.filter ?? '', sort: sortOf(type, query), range, wanted });
  const Resources = page.map((resource) => project(type, resource, wanted));
  return { schemas: [LIST_RESPONSE], totalResults: total, startIndex: range.startIndex, itemsPerPage: Resources.length, Resources };
}

/** RFC 7644 §3.4.2.4: what is below the least value counts as that. */
function readCount(given: unknown): number {
  return Math.min(MAX_RESULTS, Math.max(0, readNumber(given, DEFAULT_COUNT)));
}

function readNumber(given: unknown, otherwise: number): number {
  if (given === undefined || given === null || given === '') return otherwise;
  const number = Number(given);
  if (!Number.isInteger(number)) throw new ScimError(400, 'startIndex and count are whole numbers.', 'invalidValue');
  return number;
}

type Sort = ((one: Resource, other: Resource) => number) | undefined;

function sortOf(type: ResourceType, { sortBy, sortOrder }: Query): Sort {
  return sortBy ? orderBy(type, sortBy, sortOrder !== undefined && isSame(sortOrder, 'descending')) : undefined;
}

interface Search {
  readonly filter: Filter | undefined;
  readonly text: string;
  readonly sort: Sort;
  readonly range: Range;
  readonly wanted: Wanted;
}

interface Found {
  readonly total: number;
  readonly page: readonly Resource[];
}

async function findPeople(ports: Ports, tx: Tx, call: ScimCall, { filter, sort, range }: Search): Promise<Found> {
  const { keyring } = ports;
  const { offset, limit } = { offset: range.startIndex - 1, limit: range.count };
  if (!filter && !sort) {
    const users = limit ? await pageScimUsers(keyring, tx, call, { offset, limit }) : [];
    return { total: await countScimUsers(tx, call), page: await presentPeople(ports, tx, call, users) };
  }
  const named = filter && equality(filter);
  const by = named && BY[named.name.toLowerCase()]?.(named.value);
  if (by) {
    const user = await findScimUser(keyring, tx, call, by);
    // By the look-up alone `externalId` would be found in any case of letters it was stored in.
    const all = await presentPeople(ports, tx, call, user && !user.removed ? [user] : []);
    return cut(
      all.filter((resource) => matches(filter, resource, TYPES.User)),
      undefined,
      range,
    );
  }
  const fitting: Resource[] = [];
  for (let at = 0; ; at += BATCH) {
    const users: ScimUser[] = await pageScimUsers(keyring, tx, call, { offset: at, limit: BATCH });
    const shown = await presentPeople(ports, tx, call, users);
    fitting.push(...(filter ? shown.filter((resource) => matches(filter, resource, TYPES.User)) : shown));
    if (users.length < BATCH) return cut(fitting, sort, range);
  }
}

/** The ways in which directories look for one person. */
const BY: Record<string, (value: string) => { user: UserId } | { name: string } | { externalId: string }> = {
  id: (value) => ({ user: value as UserId }),
  username: (name) => ({ name }),
  externalid: (externalId) => ({ externalId }),
};

async function findGroups(ports: Ports, tx: Tx, call: ScimCall, { filter, text, sort, range, wanted }: Search): Promise<Found> {
  const { org, connection } = call;
  const named = filter && equality(filter);
  const groups =
    named && isSame(named.name, 'displayName')
      ? await findGroup(ports.keyring, tx, org, { connection, name: named.value }).then((one) => (one ? [one] : []))
      : await listGroups(ports.keyring, tx, org, connection);
  const present = (some: readonly Group[], hasMembers: boolean) =>
    inOrder(some, (group) => presentGroup(ports, tx, call, group, hasMembers));
  if (!filter && !sort) {
    const page = groups.slice(range.startIndex - 1, range.startIndex - 1 + range.count);
    return { total: groups.length, page: await present(page, wantsMembers(wanted)) };
  }
  const shown = await present(groups, /members/i.test(text));
  const { total, page } = cut(filter ? shown.filter((resource) => matches(filter, resource, TYPES.Group)) : shown, sort, range);
  const chosen = new Set(page.map(({ id }) => id));
  const whole = await present(
    groups.filter(({ id }) => chosen.has(id)),
    wantsMembers(wanted),
  );
  const byId = new Map(whole.map((resource) => [resource.id, resource]));
  return { total, page: page.map(({ id }) => byId.get(id)).filter((one) => one !== undefined) };
}

function wantsMembers({ attributes, excludedAttributes }: Wanted): boolean {
  const isMembers = (name: string) => /(^|:)members(\.|$)/i.test(name);
  return attributes?.length ? attributes.some(isMembers) : !excludedAttributes?.some((name) => /(^|:)members$/i.test(name));
}

/** `name eq "value"`, and nothing else. */
function equality(filter: Filter): { readonly name: string; readonly value: string } | undefined {
  if (filter.kind !== 'compare' || filter.by !== 'eq' || typeof filter.value !== 'string') return undefined;
  const { schema, name, sub } = filter.path;
  return schema === undefined && sub === undefined ? { name, value: filter.value } : undefined;
}

function cut(all: readonly Resource[], sort: Sort, { startIndex, count }: Range): Found {
  const ordered = sort ? [...all].sort(sort) : all;
  return { total: all.length, page: ordered.slice(startIndex - 1, startIndex - 1 + count) };
}

/** One after the other: they share a connection. */
async function inOrder<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}
