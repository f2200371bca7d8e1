/** Whether a resource fits a filter, and which of two comes first (RFC 7644 §3.4.2.2 and §3.4.2.3). Pure. */
import { type AttributePath, type Comparison, type Filter, type Literal, parseAttribute } from './filter.ts';
import { findPath, isComplex, type Resource, type Value } from './resource.ts';
import { type Attribute, findAttribute, type ResourceType } from './schemas.ts';
import { ScimError } from './scim-error.ts';

/** @throws ScimError `invalidFilter` where an attribute cannot be compared that way */
export function matches(filter: Filter, resource: Resource, type: ResourceType): boolean {
  return test(filter, (path) => valuesAt(resource, path, type));
}

/** The same for one value of a list: names in the filter are those of its parts. */
export function fitsValue(filter: Filter, value: Value, attribute: Attribute): boolean {
  return test(filter, ({ schema, name, sub }) => {
    const part = schema || sub ? undefined : findAttribute(attribute.subAttributes, name);
    // A list of plain values calls each of them `value`.
    if (!attribute.subAttributes && name === 'value') return { attribute, values: [value] };
    const found = part && isComplex(value) ? value[part.name] : undefined;
    return { attribute: part, values: found === undefined ? [] : [found] };
  });
}

interface At {
  /** Absent where no schema knows the path: then there is nothing there. */
  readonly attribute: Attribute | undefined;
  readonly values: readonly Value[];
}

function test(filter: Filter, at: (path: AttributePath) => At): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.of.every((one) => test(one, at));
    case 'or':
      return filter.of.some((one) => test(one, at));
    case 'not':
      return !test(filter.of, at);
    case 'present':
      return at(filter.path).values.length > 0;
    case 'value': {
      const { attribute, values } = at(filter.path);
      return attribute !== undefined && values.some((value) => fitsValue(filter.of, value, attribute));
    }
    case 'compare': {
      const { attribute, values } = at(filter.path);
      return compareAny(attribute, values, filter.by, filter.value);
    }
  }
}

function valuesAt(resource: Resource, path: AttributePath, type: ResourceType): At {
  const found = findPath(type, path);
  if (!found) return { attribute: undefined, values: [] };
  const from = found.extension ? resource[found.extension] : resource;
  const value = isComplex(from) ? from[found.attribute.name] : undefined;
  const all: readonly Value[] = value === undefined ? [] : Array.isArray(value) ? value : [value as Value];
  const { sub } = found;
  if (!sub) return { attribute: found.attribute, values: all };
  return { attribute: sub, values: all.flatMap((one) => (isComplex(one) && one[sub.name] !== undefined ? [one[sub.name] as Value] : [])) };
}

function compareAny(attribute: Attribute | undefined, values: readonly Value[], by: Comparison, value: Literal): boolean {
  // What compares a value with nothing asks whether there is one.
  if (value === null) return by === 'eq' ? values.length === 0 : by === 'ne' && values.length > 0;
  if (by === 'ne') return !values.some((one) => compare(attribute, one, 'eq', value));
  return values.some((one) => compare(attribute, one, by, value));
}

function compare(attribute: Attribute | undefined, found: Value, by: Comparison, value: Literal): boolean {
  if (!attribute) return false;
  // A comparison with a value of several parts means its `value`.
  if (isComplex(found)) {
    const part = findAttribute(attribute.subAttributes, 'value');
    return part !== undefined && found.value !== undefined && compare(part, found.value, by, value);
  }
  if (attribute.type === 'boolean') {
    if (by !== 'eq') throw cannot();
    return found === (typeof value === 'string' ? value.toLowerCase() === 'true' : value);
  }
  if (typeof found !== 'string') return false;
  if (typeof value === 'boolean') throw cannot();
  if (attribute.type === 'dateTime') return compareTimes(found, by, String(value));
  const fold = (text: string) => (attribute.caseExact ? text : text.toLowerCase());
  return TEXT[by](fold(found), fold(String(value)));
}

const ORDER = {
  gt: (one, other) => one > other,
  ge: (one, other) => one >= other,
  lt: (one, other) => one < other,
  le: (one, other) => one <= other,
} as const satisfies Partial<Record<Comparison, (one: string | number, other: string | number) => boolean>>;

const TEXT: Record<Comparison, (found: string, value: string) => boolean> = {
  ...ORDER,
  eq: (found, value) => found === value,
  ne: (found, value) => found !== value,
  co: (found, value) => found.includes(value),
  sw: (found, value) => found.startsWith(value),
  ew: (found, value) => found.endsWith(value),
};

function compareTimes(found: string, by: Comparison, value: string): boolean {
  const [one, other] = [Date.parse(found), Date.parse(value)];
  if (Number.isNaN(other)) throw cannot();
  if (by === 'eq') return one === other;
  if (by in ORDER) return ORDER[by as keyof typeof ORDER](one, other);
  return TEXT[by](found, value);
}

function cannot(): ScimError {
  return new ScimError(400, 'An attribute in the filter cannot be compared in that way.', 'invalidFilter');
}

/** Orders resources by an attribute; those without it come last (RFC 7644 §3.4.2.3). @throws ScimError `invalidValue` */
export function orderBy(type: ResourceType, sortBy: string, isDescending: boolean): (one: Resource, other: Resource) => number {
  const path = parseAttribute(sortBy, type);
  if (path.name === undefined) throw new ScimError(400, 'Sort by an attribute, such as userName.', 'invalidValue');
  const key = (resource: Resource) => sortKey(valuesAt(resource, { ...path, name: path.name ?? '' }, type));
  return (one, other) => {
    const [a, b] = [key(one), key(other)];
    const order = a === b ? 0 : a === undefined ? 1 : b === undefined ? -1 : a < b ? -1 : 1;
    return isDescending ? -order : order;
  };
}

/** Of a list the primary value counts, or the first. */
function sortKey({ attribute, values }: At): string | undefined {
  const value = values.find((one) => isComplex(one) && one.primary === true) ?? values[0];
  const simple = isComplex(value) ? value.value : value;
  if (simple === undefined || typeof simple === 'object') return undefined;
  return attribute?.caseExact ? String(simple) : String(simple).toLowerCase();
}
