/** Resources as values: read from what a directory sends, compared, and cut to what it asked for. */
import { type AttributePath, parseAttribute } from './filter.ts';
import { type Attribute, COMMON, findAttribute, findExtension, isSame, type ResourceType, topAttributes } from './schemas.ts';
import { ScimError } from './scim-error.ts';

export type Simple = string | boolean;
export type Complex = { readonly [name: string]: Value };
export type Value = Simple | Complex | readonly Value[];
/** By the names of the schema; extensions below their URN. Nothing in it is empty. */
export type Resource = Complex;

const MAX_TEXT = 1_000;
/** Certificates. */
const MAX_BINARY = 20_000;
const MAX_VALUES = 100;
/** As many members as a request of the largest size can name. */
export const MAX_MEMBERS = 20_000;
/** Control characters, and marks that make text read other than it is stored (Unicode UAX #9, explicit overrides and isolates). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const UNFIT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/;

/** A path that was found in the schemas of a type. */
export interface Found {
  /** URN of the extension it lies in. */
  readonly extension?: string;
  readonly attribute: Attribute;
  readonly sub?: Attribute;
}

/** Where a path leads, or undefined where no schema knows it. */
export function findPath(type: ResourceType, { schema, name, sub }: AttributePath): Found | undefined {
  const extension = schema === undefined || isSame(schema, type.schema.id) ? undefined : findExtension(type, schema);
  if (schema !== undefined && !extension && !isSame(schema, type.schema.id)) return undefined;
  const attribute = findAttribute(extension?.attributes ?? topAttributes(type), name);
  const part = sub === undefined ? undefined : findAttribute(attribute?.subAttributes, sub);
  if (!attribute || (sub !== undefined && !part)) return undefined;
  return { attribute, ...(extension ? { extension: extension.id } : {}), ...(part ? { sub: part } : {}) };
}

/**
 * The part of a body that the schemas know and that may be written, under the schemas' own spelling. What a directory may not write,
 * such as `id` and `meta`, and what no schema knows is left out (RFC 7644 §3.3 and §3.5.1).
 * @throws ScimError `invalidSyntax`, `invalidValue`
 */
export function readResource(type: ResourceType, body: unknown): Resource {
  if (!isComplex(body)) throw new ScimError(400, 'The body is not an object.', 'invalidSyntax');
  const read = readComplex(topAttributes(type), body);
  const extensions = type.extensions.flatMap(({ id, attributes }) => {
    const given = memberOf(body, id);
    if (given === undefined || given === null) return [];
    if (!isComplex(given)) throw invalid(id, 'an object');
    const value = readComplex(attributes, given);
    return isEmpty(value) ? [] : [[id, value] as const];
  });
  return { ...read, ...Object.fromEntries(extensions) };
}

/** @throws ScimError `invalidValue` where a required attribute is missing */
export function requireComplete(type: ResourceType, resource: Resource): void {
  for (const { name, required } of type.schema.attributes)
    if (required && (typeof resource[name] !== 'string' || resource[name].trim() === ''))
      throw new ScimError(400, `The attribute ${name} is required.`, 'invalidValue');
}

/** A value of an attribute, or of one of its values where there may be several; undefined where it is empty. @throws ScimError `invalidValue` */
export function readValue(attribute: Attribute, given: unknown): Value | undefined {
  if (given === null || given === undefined) return undefined;
  if (!attribute.multiValued) return readOne(attribute, given);
  const limit = attribute.name === 'members' ? MAX_MEMBERS : MAX_VALUES;
  const values = Array.isArray(given) ? given : [given];
  if (values.length > limit) throw invalid(attribute.name, `at most ${limit} values`);
  const read = values.map((one) => readOne(attribute, one)).filter((one) => one !== undefined);
  return read.length ? onePrimary(read) : undefined;
}

/** One value of an attribute, whether or not there may be several. @throws ScimError `invalidValue` */
export function readOne(attribute: Attribute, given: unknown): Value | undefined {
  if (given === null || given === undefined) return undefined;
  const { name, type, subAttributes } = attribute;
  if (type === 'boolean') return readBoolean(name, given);
  if (type !== 'complex') return readText(name, given, type === 'binary' ? MAX_BINARY : MAX_TEXT);
  // Some directories send the bare value of what has parts: "manager": "id".
  const parts = typeof given === 'string' ? { value: given } : given;
  if (!isComplex(parts)) throw invalid(name, 'an object');
  const value = readComplex(subAttributes ?? [], parts);
  return isEmpty(value) ? undefined : value;
}

/** A directory that sends `"False"` means false. */
function readBoolean(name: string, given: unknown): boolean {
  if (typeof given === 'boolean') return given;
  if (typeof given === 'string' && /^(true|false)$/i.test(given)) return isSame(given, 'true');
  throw invalid(name, 'true or false');
}

function readText(name: string, given: unknown, maxLength: number): string {
  const text = typeof given === 'number' ? String(given) : given;
  if (typeof text !== 'string') throw invalid(name, 'text');
  if (text.length > maxLength) throw invalid(name, `at most ${maxLength} characters`);
  if (UNFIT.test(text)) throw invalid(name, 'text without control characters and marks that turn its direction');
  return text;
}

function readComplex(attributes: readonly Attribute[], given: object): Complex {
  const read: [string, Value][] = [];
  for (const attribute of attributes) {
    if (attribute.mutability === 'readOnly') continue;
    const value = readValue(attribute, memberOf(given, attribute.name));
    // Passwords are not even kept in memory.
    if (value !== undefined && attribute.mutability !== 'writeOnly') read.push([attribute.name, value]);
  }
  return Object.fromEntries(read);
}

/** At most one value is the primary one: the first that says so (RFC 7643 §2.4). */
function onePrimary(values: readonly Value[]): readonly Value[] {
  const first = values.findIndex((value) => isComplex(value) && value.primary === true);
  return values.map((value, at) => (at !== first && isComplex(value) && value.primary === true ? { ...value, primary: false } : value));
}

/** The own member of that name, whatever its case. */
export function memberOf(object: object, name: string): unknown {
  if (Object.hasOwn(object, name)) return (object as Record<string, unknown>)[name];
  const key = Object.keys(object).find((one) => isSame(one, name));
  return key === undefined ? undefined : (object as Record<string, unknown>)[key];
}

export function isComplex(value: unknown): value is Complex {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

export function invalid(name: string, expected: string): ScimError {
  return new ScimError(400, `The attribute ${name} takes ${expected}.`, 'invalidValue');
}

/** What an answer holds (RFC 7644 §3.9): `attributes` names all of it, `excludedAttributes` what is left out. */
export interface Wanted {
  readonly attributes?: readonly string[] | undefined;
  readonly excludedAttributes?: readonly string[] | undefined;
}

/** @throws ScimError `invalidValue` for a name that is none */
export function project(type: ResourceType, resource: Resource, { attributes, excludedAttributes }: Wanted): Resource {
  if (attributes?.length) return choose(type, resource, attributes);
  return (excludedAttributes ?? []).reduce((left, name) => leaveOut(type, left, name), resource);
}

const ALWAYS = ['schemas', ...COMMON.filter(({ returned }) => returned === 'always').map(({ name }) => name)];

function choose(type: ResourceType, resource: Resource, names: readonly string[]): Resource {
  const chosen: Record<string, Value> = {};
  for (const name of ALWAYS) if (resource[name] !== undefined) chosen[name] = resource[name];
  for (const name of names) {
    const path = parseAttribute(name, type);
    const found = path.name === undefined ? undefined : findPath(type, { ...path, name: path.name });
    if (path.name === undefined && path.schema && resource[path.schema]) chosen[path.schema] = resource[path.schema] as Value;
    if (!found) continue;
    const from = found.extension ? resource[found.extension] : resource;
    const value = isComplex(from) ? from[found.attribute.name] : undefined;
    if (value === undefined) continue;
    const part = found.sub ? partOf(value, found.sub.name) : value;
    if (part === undefined) continue;
    const into = found.extension ? { ...(chosen[found.extension] as Complex | undefined) } : chosen;
    into[found.attribute.name] = merge(into[found.attribute.name], part);
    if (found.extension) chosen[found.extension] = into;
  }
  return chosen;
}

/** The value with nothing but that part. */
function partOf(value: Value, name: string): Value | undefined {
  if (Array.isArray(value)) return value.map((one: Value) => partOf(one, name) ?? {});
  const part = isComplex(value) ? value[name] : undefined;
  return part === undefined ? undefined : { [name]: part };
}

/** Two parts of the same value. */
function merge(one: Value | undefined, other: Value): Value {
  if (Array.isArray(one) && Array.isArray(other)) return one.map((value: Value, at) => merge(value, (other[at] ?? {}) as Value));
  return isComplex(one) && isComplex(other) ? { ...one, ...other } : other;
}

function leaveOut(type: ResourceType, resource: Resource, name: string): Resource {
  const path = parseAttribute(name, type);
  if (path.name === undefined) return without(resource, path.schema ?? '');
  const found = findPath(type, { ...path, name: path.name });
  if (!found || found.attribute.returned === 'always') return resource;
  if (!found.extension) return leaveOutOf(resource, found);
  const inner = resource[found.extension];
  return isComplex(inner) ? { ...resource, [found.extension]: leaveOutOf(inner, found) } : resource;
}

function leaveOutOf(from: Complex, { attribute, sub }: Found): Complex {
  const value = from[attribute.name];
  if (value === undefined) return from;
  if (!sub) return without(from, attribute.name);
  const less = (one: Value): Value => (isComplex(one) ? without(one, sub.name) : one);
  return { ...from, [attribute.name]: Array.isArray(value) ? value.map(less) : less(value) };
}

export function without(object: Complex, name: string): Complex {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}
