/**
 * PATCH (RFC 7644 §3.5.2) as a pure function. Beyond the RFC, as Entra ID and Okta send it: `op` in any case, booleans as text, paths
 * as names of members, members to remove listed in `value`, an `id` that stays the same.
 */
import { type Filter, type PatchPath, parsePath } from './filter.ts';
import { fitsValue } from './match.ts';
import { type Complex, findPath, invalid, isComplex, isEmpty, type Resource, readOne, readValue, type Value, without } from './resource.ts';
import { type Attribute, ENTERPRISE, findAttribute, findExtension, isSame, type ResourceType } from './schemas.ts';
import { ScimError } from './scim-error.ts';

export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const MAX_OPERATIONS = 1_000;

type Op = 'add' | 'remove' | 'replace';

export interface Operation {
  readonly op: Op;
  readonly path: PatchPath | undefined;
  readonly value: unknown;
}

/** The operations of a PATCH body. @throws ScimError `invalidSyntax`, `invalidPath`, `tooMany` */
export function readPatch(type: ResourceType, body: unknown): readonly Operation[] {
  // RFC 7644 §3.7.3 shows the bare list inside a bulk request.
  const given = Array.isArray(body) ? body : isComplex(body) ? (body.Operations ?? body.operations) : undefined;
  if (!Array.isArray(given) || given.length === 0) throw syntax('A PATCH has a list of Operations.');
  if (given.length > MAX_OPERATIONS) throw new ScimError(400, `A PATCH may have ${MAX_OPERATIONS} operations. Send several.`, 'tooMany');
  return given.map((one: unknown) => {
    const { op, path, value } = isComplex(one) ? (one as Record<string, unknown>) : {};
    const known = OPS.find((name) => typeof op === 'string' && isSame(op, name));
    if (!known) throw syntax('An operation is add, remove or replace.');
    if (path !== undefined && path !== null && typeof path !== 'string') throw syntax('A path is text.');
    return { op: known, path: path ? parsePath(path, type) : undefined, value };
  });
}

const OPS: readonly Op[] = ['add', 'remove', 'replace'];

/** The resource after all operations; nothing of it is kept where one of them is refused. */
export function applyPatch(type: ResourceType, resource: Resource, operations: readonly Operation[]): Resource {
  return operations.reduce((before, operation) => applyOne(type, before, operation), resource);
}

function applyOne(type: ResourceType, resource: Resource, { op, path, value }: Operation): Resource {
  if (path) return applyAt(type, resource, op, path, value);
  if (op === 'remove') throw new ScimError(400, 'Name in the path what to remove.', 'noTarget');
  if (!isComplex(value)) throw invalid('value', 'an object where there is no path');
  return Object.entries(value).reduce((before, [name, part]) => applyMember(type, before, op, name, part), resource);
}

/** A member of a value without a path: a name, an extension, or itself a path, as Entra ID sends it. */
function applyMember(type: ResourceType, resource: Resource, op: Op, name: string, value: unknown): Resource {
  if (isSame(name, 'schemas')) return resource;
  const path = toPath(type, name);
  // What no schema knows is left out, as in POST and PUT: directories send attributes that were added to them.
  if (!path || (path.name !== undefined && !findPath(type, { ...path, name: path.name }))) return resource;
  return applyAt(type, resource, op, path, value);
}

function toPath(type: ResourceType, name: string): PatchPath | undefined {
  try {
    return parsePath(name, type);
  } catch (error) {
    if (error instanceof ScimError) return undefined;
    throw error;
  }
}

function applyAt(type: ResourceType, resource: Resource, op: Op, path: PatchPath, value: unknown): Resource {
  const { schema, name, filter, sub } = path;
  if (name === undefined) return applyToExtension(type, resource, op, schema ?? ENTERPRISE, value);
  const found = findPath(type, { name, ...(schema ? { schema } : {}), ...(sub ? { sub } : {}) });
  if (!found) throw new ScimError(400, 'The path names an attribute that is not kept here.', 'invalidPath');
  const { attribute, extension } = found;
  const from = (extension ? resource[extension] : resource) ?? {};
  if (!isComplex(from)) return resource;
  if (isReadOnly(attribute) || (found.sub && isReadOnly(found.sub))) {
    if (op !== 'remove' && from[attribute.name] === value) return resource;
    throw new ScimError(400, `The attribute ${attribute.name} cannot be changed.`, 'mutability');
  }
  const changed = applyToAttribute(attribute, from, op, { filter, sub: found.sub }, value);
  if (!extension) return changed;
  return isEmpty(changed) ? without(resource, extension) : { ...resource, [extension]: changed };
}

function isReadOnly({ mutability }: Attribute): boolean {
  return mutability === 'readOnly';
}

function applyToExtension(type: ResourceType, resource: Resource, op: Op, urn: string, value: unknown): Resource {
  const extension = findExtension(type, urn);
  if (!extension) return resource;
  if (op === 'remove') return without(resource, extension.id);
  if (!isComplex(value)) throw invalid(extension.id, 'an object');
  return Object.entries(value).reduce((before, [name, part]) => {
    const [head = '', sub] = name.split('.');
    return findAttribute(extension.attributes, head)
      ? applyAt(type, before, op, { schema: extension.id, name: head, ...(sub ? { sub } : {}) }, part)
      : before;
  }, resource);
}

interface Target {
  readonly filter: Filter | undefined;
  readonly sub: Attribute | undefined;
}

function applyToAttribute(attribute: Attribute, from: Complex, op: Op, { filter, sub }: Target, value: unknown): Complex {
  if (filter && !attribute.multiValued) throw new ScimError(400, `The attribute ${attribute.name} is not a list.`, 'invalidPath');
  if (attribute.mutability === 'writeOnly') return from;
  const before = from[attribute.name];
  const after =
    filter || (sub && attribute.multiValued)
      ? applyToValues(attribute, asList(before), op, { filter, sub }, value)
      : sub
        ? applyToPart(attribute, before, op, sub, value)
        : applyToWhole(attribute, before, op, value);
  if (after === undefined || (Array.isArray(after) && after.length === 0)) {
    if (attribute.required) throw new ScimError(400, `The attribute ${attribute.name} cannot be removed.`, 'mutability');
    return without(from, attribute.name);
  }
  return { ...from, [attribute.name]: after };
}

function applyToWhole(attribute: Attribute, before: Value | undefined, op: Op, value: unknown): Value | undefined {
  if (op === 'remove') return attribute.multiValued && hasValues(value) ? withoutThese(attribute, asList(before), value) : undefined;
  const given = readValue(attribute, value);
  if (op === 'replace') return given;
  if (given === undefined) return before;
  if (attribute.multiValued) return addValues(asList(before), asList(given));
  // RFC 7644 §3.5.2.1: parts that are there already stay.
  return isComplex(before) && isComplex(given) ? { ...before, ...given } : given;
}

/** Entra ID removes members by listing them in `value`. */
function hasValues(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isComplex(value);
}

function withoutThese(attribute: Attribute, before: readonly Value[], value: unknown): readonly Value[] {
  const these = new Set(asList(readValue(attribute, value)).map(keyOf));
  return before.filter((one) => !these.has(keyOf(one)));
}

function applyToPart(attribute: Attribute, before: Value | undefined, op: Op, sub: Attribute, value: unknown): Value | undefined {
  const parts = isComplex(before) ? before : {};
  const after = setPart(parts, sub, op === 'remove' ? undefined : readOne(sub, value));
  return isEmpty(after) ? undefined : (readOne(attribute, after) ?? undefined);
}

function setPart(parts: Complex, sub: Attribute, value: Value | undefined): Complex {
  return value === undefined ? without(parts, sub.name) : { ...parts, [sub.name]: value };
}

function applyToValues(attribute: Attribute, before: readonly Value[], op: Op, target: Target, value: unknown): readonly Value[] {
  const { filter, sub } = target;
  const fits = (one: Value) => filter === undefined || fitsValue(filter, one, attribute);
  if (op === 'remove' && !sub) return before.filter((one) => !fits(one));
  const given = op === 'remove' ? undefined : sub ? readOne(sub, value) : readOne(attribute, Array.isArray(value) ? value[0] : value);
  if (!before.some(fits)) {
    if (op === 'remove') return before;
    if (op === 'replace') throw noTarget();
    const made = makeFitting(attribute, filter, sub, given);
    if (!made) throw noTarget();
    return addValues(before, [made]);
  }
  const changed = before.map((one) => {
    if (!fits(one)) return one;
    if (sub) return setPart(isComplex(one) ? one : {}, sub, given);
    return op === 'add' && isComplex(one) && isComplex(given) ? { ...one, ...given } : (given ?? one);
  });
  const isPrimary = (one: Value) => isComplex(one) && one.primary === true;
  const chosen = changed.findIndex((one, at) => isPrimary(one) && !isPrimary(before[at] ?? {}));
  return (chosen < 0 ? changed : changed.map((one, at) => (at === chosen ? one : notPrimary(one)))).filter(
    (one) => !isComplex(one) || !isEmpty(one),
  );
}

/** A value that fits the filter, where the filter says all of it: Entra ID adds a part to `emails[type eq "work"]` that is not there yet. */
function makeFitting(
  attribute: Attribute,
  filter: Filter | undefined,
  sub: Attribute | undefined,
  given: Value | undefined,
): Value | undefined {
  if (given === undefined) return undefined;
  const parts: Complex | undefined = sub ? { [sub.name]: given } : isComplex(given) ? given : undefined;
  const asked = filter ? equalities(filter) : [];
  if (!parts || !asked) return undefined;
  return readOne(attribute, { ...Object.fromEntries(asked), ...parts });
}

function equalities(filter: Filter): [string, unknown][] | undefined {
  if (filter.kind === 'compare' && filter.by === 'eq' && !filter.path.schema && !filter.path.sub) return [[filter.path.name, filter.value]];
  if (filter.kind !== 'and') return undefined;
  const all = filter.of.map(equalities);
  return all.every((one) => one !== undefined) ? all.flat() : undefined;
}

function addValues(before: readonly Value[], given: readonly Value[]): readonly Value[] {
  const known = new Set(before.map(keyOf));
  const added = given.filter((one) => !known.has(keyOf(one)));
  const hasPrimary = added.some((one) => isComplex(one) && one.primary === true);
  return [...(hasPrimary ? before.map(notPrimary) : before), ...added];
}

function notPrimary(value: Value): Value {
  return isComplex(value) && value.primary === true ? { ...value, primary: false } : value;
}

/** Two values with the same key are the same: members by their id, others by all that they say. */
function keyOf(value: Value): string {
  if (!isComplex(value)) return JSON.stringify(value);
  const isMember = typeof value.value === 'string' && (value.type === undefined || value.type === 'User') && !('primary' in value);
  return isMember ? `v ${value.value}` : JSON.stringify(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function asList(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as Value];
}

function noTarget(): ScimError {
  return new ScimError(400, 'No value fits the filter of the path.', 'noTarget');
}

function syntax(detail: string): ScimError {
  return new ScimError(400, detail, 'invalidSyntax');
}
