/** Several requests in one (RFC 7644 §3.7), each in a transaction of its own, in the order given as far as they allow it. */
import { type ActPorts, act } from './act.ts';
import type { ScimCall } from './call.ts';
import { BULK_OPERATIONS } from './discovery.ts';
import type { Method } from './log.ts';
import { isComplex } from './resource.ts';
import { TYPES } from './schemas.ts';
import { ScimError } from './scim-error.ts';

const BULK_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';
const METHODS: ReadonlySet<string> = new Set<Method>(['POST', 'PUT', 'PATCH', 'DELETE']);
const PATH = /^\/(Users|Groups)(?:\/([\w:.-]+))?$/;
const REFERENCE = /^bulkId:(.+)$/;

interface Operation {
  readonly method: Method;
  readonly path: string;
  readonly bulkId: string | undefined;
  readonly version: string | undefined;
  readonly data: unknown;
}

interface Result {
  readonly method: string;
  readonly bulkId?: string;
  readonly location?: string;
  readonly version?: string;
  readonly status: string;
  readonly response?: object;
}

/** @param toError what a failure is called in an answer */
export async function runBulk(ports: ActPorts, call: ScimCall, body: unknown, toError: (thrown: unknown) => ScimError) {
  const { operations, failOnErrors } = readBulk(body);
  const made = new Map<string, string>();
  const later = new Set(operations.flatMap(({ bulkId }) => (bulkId === undefined ? [] : [bulkId])));
  const results: Result[] = [];
  let failures = 0;
  const run = async (operations: readonly Operation[]): Promise<void> => {
    const done = await Promise.all(operations.map((operation) => runOne(ports, call, operation, made, toError)));
    for (const { bulkId } of operations) if (bulkId !== undefined) later.delete(bulkId);
    failures += done.filter(({ response }) => response).length;
    results.push(...done);
  };
  // People who name nobody need not wait for each other.
  const isApart = (operation: Operation) =>
    failOnErrors === 0 && operation.method === 'POST' && operation.path === '/Users' && references(operation).size === 0;
  const isOver = () => failOnErrors > 0 && failures >= failOnErrors;
  // What names something that is made later waits for it; what then still waits is run anyway, and refused for what it names.
  let waiting = operations;
  for (let before = -1; waiting.length > 0 && !isOver(); ) {
    const isStuck = waiting.length === before;
    before = waiting.length;
    const still: Operation[] = [];
    let apart: Operation[] = [];
    for (const operation of waiting) {
      if (isOver()) break;
      const isEarly = [...references(operation)].some((id) => id !== operation.bulkId && later.has(id));
      if (isEarly && !isStuck) still.push(operation);
      else if (isApart(operation)) apart.push(operation);
      else {
        await run(apart);
        await run([operation]);
        apart = [];
      }
    }
    await run(apart);
    waiting = still;
  }
  return { schemas: [BULK_RESPONSE], Operations: results };
}

function readBulk(body: unknown): { operations: readonly Operation[]; failOnErrors: number } {
  const given = isComplex(body) ? (body as Record<string, unknown>) : {};
  if (!Array.isArray(given.Operations)) throw syntax('A bulk request has a list of Operations.');
  if (given.Operations.length > BULK_OPERATIONS)
    throw new ScimError(413, `A bulk request may have ${BULK_OPERATIONS} operations (maxOperations). Send several.`);
  const failOnErrors = typeof given.failOnErrors === 'number' ? given.failOnErrors : 0;
  const operations = given.Operations.map(readOperation);
  const ids = operations.flatMap(({ bulkId }) => (bulkId === undefined ? [] : [bulkId]));
  if (new Set(ids).size < ids.length) throw syntax('Each bulkId is used once.');
  return { operations, failOnErrors };
}

function readOperation(given: unknown): Operation {
  const { method, path, bulkId, version, data } = isComplex(given) ? (given as Record<string, unknown>) : {};
  const known = typeof method === 'string' ? method.toUpperCase() : '';
  if (!METHODS.has(known)) throw syntax('The method of an operation is POST, PUT, PATCH or DELETE.');
  if (typeof path !== 'string') throw syntax('An operation has a path.');
  if (known === 'POST' && typeof bulkId !== 'string') throw syntax('An operation with POST has a bulkId.');
  return {
    method: known as Method,
    path,
    bulkId: typeof bulkId === 'string' ? bulkId : undefined,
    version: typeof version === 'string' ? version : undefined,
    data,
  };
}

async function runOne(
  ports: ActPorts,
  call: ScimCall,
  operation: Operation,
  made: Map<string, string>,
  toError: (thrown: unknown) => ScimError,
): Promise<Result> {
  const { method, path, bulkId, version } = operation;
  const head = { method, ...(bulkId === undefined ? {} : { bulkId }) };
  try {
    const [, kind, id] = PATH.exec(resolve(path, made) as string) ?? [];
    if (!kind) throw syntax('A path is /Users or /Groups, with an id where it needs one.');
    const type = kind === 'Users' ? TYPES.User : TYPES.Group;
    const body = resolve(operation.data, made);
    const outcome = await act(ports, call, { method, type, id, body, version, wanted: {}, query: {} });
    const made_ = outcome.body?.id;
    if (bulkId !== undefined && typeof made_ === 'string') made.set(bulkId, made_);
    const location = outcome.location ?? (id === undefined ? undefined : `${call.base}${type.endpoint}/${id}`);
    return {
      ...head,
      ...(location === undefined ? {} : { location }),
      ...(outcome.version ? { version: outcome.version } : {}),
      status: String(outcome.status),
    };
  } catch (thrown) {
    const error = toError(thrown);
    const isAddressed = method !== 'POST' && PATH.test(path) && !path.includes('bulkId:');
    return { ...head, ...(isAddressed ? { location: `${call.base}${path}` } : {}), status: String(error.status), response: error.toBody() };
  }
}

/** Puts ids in the place of references. @throws ScimError 409 for one that nothing here made */
function resolve(value: unknown, made: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    const reference = REFERENCE.exec(value.split('/').at(-1) ?? '')?.[1];
    if (reference === undefined) return value;
    const id = made.get(reference);
    if (id === undefined) throw new ScimError(409, 'A bulkId names nothing that this request made; circles are not taken.');
    return value.replace(`bulkId:${reference}`, id);
  }
  if (Array.isArray(value)) return value.map((one: unknown) => resolve(one, made));
  if (!isComplex(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolve(one, made)]));
}

function references({ path, data }: Operation): Set<string> {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value === 'string') {
      const reference = REFERENCE.exec(value.split('/').at(-1) ?? '')?.[1];
      if (reference !== undefined) found.add(reference);
    } else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) look(one);
  };
  look(path);
  look(data);
  return found;
}

function syntax(detail: string): ScimError {
  return new ScimError(400, detail, 'invalidSyntax');
}
