/** One request for people or groups, whether it came alone or in bulk: looked up in a table, done in one transaction, and written down. */
import type { UserId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import { endKeysOf } from '../api-keys/index.ts';
import { findConnection } from '../sso/index.ts';
import { type EnvironmentTx, namesVersion, type Ports, requireVersion, type ScimCall, versionOf } from './call.ts';
import type { Filter } from './filter.ts';
import { createGroup, moveMembers, presentGroup, removeGroup, replaceGroup, requireDirectoryGroup } from './groups.ts';
import { listResources, type Query } from './list.ts';
import { type Method, writeLog } from './log.ts';
import { applyPatch, type Operation, readPatch } from './patch.ts';
import { changePerson, createPerson, presentPeople, removePerson, requirePerson } from './people.ts';
import { isComplex, project, type Resource, readResource, readValue, type Value, type Wanted } from './resource.ts';
import { findAttribute, type ResourceType, TYPES } from './schemas.ts';
import { ScimError } from './scim-error.ts';
import type { Write } from './writes.ts';

export interface Ask {
  readonly method: Method;
  readonly type: ResourceType;
  readonly id: string | undefined;
  readonly body: unknown;
  /** `If-Match`. */
  readonly version?: string | undefined;
  /** `If-None-Match`. */
  readonly unless?: string | undefined;
  readonly wanted: Wanted;
  readonly query: Query;
}

export type ActPorts = Ports & { readonly write: Write };

export interface Outcome {
  readonly status: 200 | 201 | 204 | 304;
  readonly body?: Resource;
  readonly version?: string;
  readonly location?: string;
}

type Doer = (ports: Ports, tx: EnvironmentTx, call: ScimCall, ask: Ask, id: string) => Promise<Resource | undefined>;

const DOERS: Record<ResourceType['id'], Partial<Record<Method, Doer>>> = {
  User: {
    POST: (ports, tx, call, { body }) => createPerson(ports, tx, call, readResource(TYPES.User, body)),
    PUT: (ports, tx, call, { body, version }, id) => {
      const resource = readResource(TYPES.User, body);
      return changePerson(ports, tx, call, id, version, () => resource);
    },
    PATCH: (ports, tx, call, { body, version }, id) => {
      const operations = readPatch(TYPES.User, body);
      return changePerson(ports, tx, call, id, version, (before) => applyPatch(TYPES.User, before, operations));
    },
    DELETE: async (ports, tx, call, { version }, id) => void (await removePerson(ports, tx, call, id, version)),
  },
  Group: {
    POST: (ports, tx, call, { body }) => createGroup(ports, tx, call, readResource(TYPES.Group, body)),
    PUT: (ports, tx, call, { body, version }, id) => {
      const resource = readResource(TYPES.Group, body);
      return replaceGroup(ports, tx, call, id, version, () => resource);
    },
    PATCH: async (ports, tx, call, { body, version, wanted }, id) => {
      const operations = readPatch(TYPES.Group, body);
      const moves = wanted.attributes || version !== undefined ? undefined : toMoves(operations);
      if (moves) return void (await moveMembers(ports, tx, call, id, moves));
      return replaceGroup(ports, tx, call, id, version, (before) => applyPatch(TYPES.Group, before, operations));
    },
    DELETE: async (ports, tx, call, { version }, id) => void (await removeGroup(ports, tx, call, id, version)),
  },
};

/** @throws ScimError, AppError */
export async function act(ports: ActPorts, before: ScimCall, ask: Ask): Promise<Outcome> {
  const { method, type, id } = ask;
  const call = await before.again();
  if (method === 'GET') return id === undefined ? list(ports, call, ask) : get(ports, call, ask, id);
  const doer = DOERS[type.id][method];
  if (!doer || (id === undefined) !== (method === 'POST'))
    throw new ScimError(400, `${method} is not taken at this address.`, 'invalidSyntax');
  if (call.token.readOnly) throw new ScimError(403, 'This token may read only. Make another one for a directory that sends people.');
  try {
    const resource = await ports.write(call, `${method} ${type.id}`, async (tx) => {
      const done = await doer(ports, tx, call, ask, id ?? '');
      const status = statusOf(method, done);
      await writeLog(ports.keyring, tx, call, { at: ports.now(), method, type: type.id, status, ...named(done, id) });
      return done;
    });
    const isOut = type.id === 'User' && (method === 'DELETE' || resource?.active === false);
    const out = { org: call.org, user: (id ?? resource?.id) as UserId, actor: call.token.id };
    if (isOut) await endKeysOf(ports.db, out, { by: 'scim' });
    return toOutcome(statusOf(method, resource), resource, ask);
  } catch (thrown) {
    await noteRefusal(ports, call, ask, thrown);
    throw thrown;
  }
}

function statusOf(method: Method, done: Resource | undefined): 200 | 201 | 204 {
  return done === undefined ? 204 : method === 'POST' ? 201 : 200;
}

function toOutcome(status: Outcome['status'], resource: Resource | undefined, { type, wanted }: Pick<Ask, 'type' | 'wanted'>): Outcome {
  if (!resource) return { status };
  const location = isComplex(resource.meta) ? resource.meta.location : undefined;
  return {
    status,
    body: project(type, resource, wanted),
    version: versionOf(resource),
    ...(typeof location === 'string' ? { location } : {}),
  };
}

async function get(ports: Ports, call: ScimCall, ask: Ask, id: string): Promise<Outcome> {
  const resource = await ports.db.transaction(call.org, call.token.id, async (tx) => {
    if (ask.type.id === 'Group') return presentGroup(ports, tx, call, await requireDirectoryGroup(ports, tx, call, id));
    const [person] = await presentPeople(ports, tx, call, [await requirePerson(ports, tx, call, id)]);
    return person;
  });
  if (!resource) throw new AppError('internal');
  if (ask.version !== undefined) requireVersion(ask.version, resource);
  if (ask.unless !== undefined && namesVersion(ask.unless, versionOf(resource))) return { status: 304, version: versionOf(resource) };
  return toOutcome(200, resource, ask);
}

async function list(ports: Ports, call: ScimCall, ask: Ask): Promise<Outcome> {
  const { org, connection, token } = call;
  const body = await ports.db.transaction(org, token.id, (tx) => listResources(ports, tx, call, ask.type, ask.query, ask.wanted));
  await ports.db.audit(org, {
    action: 'scim.read',
    actor: token.id,
    target: connection,
    facts: { type: ask.type.id, found: body.totalResults },
  });
  return { status: 200, body: body as unknown as Resource };
}

/** A refusal that the directory's Admin should read; the details of it are ours. */
async function noteRefusal({ db, keyring, now }: Ports, call: ScimCall, { method, type, id, body }: Ask, thrown: unknown): Promise<void> {
  const status = thrown instanceof ScimError ? thrown.status : 500;
  const problem = thrown instanceof Error && (thrown instanceof ScimError || thrown instanceof AppError) ? thrown.message : undefined;
  const scimType = thrown instanceof ScimError ? thrown.scimType : undefined;
  const label = isComplex(body) ? (readLabel(type, body) ?? undefined) : undefined;
  const facts = { connection: call.connection, method, type: type.id, status, ...(scimType ? { scimType } : {}) };
  await db
    .transaction(call.org, call.token.id, async (tx) => {
      tx.audit('scim.refused', undefined, facts);
      // What a connection kept went with it.
      if (!(await findConnection(keyring, tx, call.org, call.connection))) return;
      await writeLog(keyring, tx, call, { at: now(), method, type: type.id, status, target: id?.slice(0, 40), label, problem });
    })
    .catch(() => undefined);
}

function readLabel({ schema }: ResourceType, body: object): string | undefined {
  const attribute = schema.attributes.find(({ required }) => required);
  const given = attribute && Object.entries(body).find(([name]) => name.toLowerCase() === attribute.name.toLowerCase())?.[1];
  return typeof given === 'string' ? given.slice(0, 100) : undefined;
}

function named(resource: Resource | undefined, id: string | undefined): { target?: string; label?: string } {
  const label = resource?.userName ?? resource?.displayName;
  const target = typeof resource?.id === 'string' ? resource.id : id;
  return { ...(target === undefined ? {} : { target }), ...(typeof label === 'string' ? { label } : {}) };
}

type Move = { readonly op: 'add' | 'remove'; readonly users: readonly string[] };

/** What of a PATCH only adds and removes members by their ids; undefined where it does more. */
function toMoves(operations: readonly Operation[]): Move[] | undefined {
  const moves = operations.map(toMove);
  return moves.every((move) => move !== undefined) ? moves : undefined;
}

const MEMBERS = findAttribute(TYPES.Group.schema.attributes, 'members');

function toMove({ op, path, value }: Operation): Move | undefined {
  if (!MEMBERS || op === 'replace' || path?.name?.toLowerCase() !== 'members' || path.sub || path.schema) return undefined;
  if (path.filter) {
    const id = op === 'remove' ? idOf(path.filter) : undefined;
    return id === undefined ? undefined : { op, users: [id] };
  }
  const given = readValue(MEMBERS, value);
  const users = (Array.isArray(given) ? given : []).flatMap((one: Value) =>
    isComplex(one) && typeof one.value === 'string' ? [one.value] : [],
  );
  return users.length > 0 ? { op, users } : undefined;
}

/** Of `members[value eq "id"]`. */
function idOf(filter: Filter): string | undefined {
  if (filter.kind !== 'compare' || filter.by !== 'eq' || typeof filter.value !== 'string') return undefined;
  const { name, sub, schema } = filter.path;
  return name.toLowerCase() === 'value' && !sub && !schema ? filter.value : undefined;
}
