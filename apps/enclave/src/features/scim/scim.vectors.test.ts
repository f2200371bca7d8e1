import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFilter, parsePath } from './filter.ts';
import { matches, orderBy } from './match.ts';
import { applyPatch, readPatch } from './patch.ts';
import { project, type Resource, readResource, requireComplete } from './resource.ts';
import { ENTERPRISE, GROUP, TYPES, USER } from './schemas.ts';
import { ScimError, type ScimType } from './scim-error.ts';

const folder = new URL('../../../../../vectors/scim/', import.meta.url);
const read = <T>(name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T;
const filters = read<{
  resource: Resource;
  fits: { filter: string; fits: boolean; source: string }[];
  refused: { filter: string; error: ScimType }[];
  repeated: { what: string; unit: string; join: string; times: number; after?: string; error: ScimType | null }[];
}>('filters.json');
const { patches } = read<{
  patches: {
    name: string;
    source: string;
    type: 'User' | 'Group';
    before: Resource;
    operations: unknown[];
    after?: Resource;
    error?: ScimType;
  }[];
}>('patches.json');

/** The scimType of what `work` throws; anything else that it throws is a fault. */
function errorOf(work: () => unknown): ScimType | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof ScimError && error.status === 400) return error.scimType;
    throw error;
  }
  return undefined;
}

const fits = (filter: string, resource = filters.resource) => matches(parseFilter(filter), resource, TYPES.User);

test.each(filters.fits)('$filter: $fits ($source)', ({ filter, fits: expected }) => {
  expect(fits(filter)).toBe(expected);
});

test.each(filters.refused)('$filter is refused as $error', ({ filter, error }) => {
  expect(errorOf(() => fits(filter))).toBe(error);
});

test.each(filters.repeated)('$what: $error', ({ unit, join, times, after = '', error }) => {
  const started = performance.now();
  expect(errorOf(() => parseFilter(Array(times).fill(unit).join(join) + after)) ?? null).toBe(error);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test.each(patches)('PATCH, $name ($source)', ({ type, before, operations, after, error }) => {
  const kind = TYPES[type];
  const kept = structuredClone(before);
  const patch = () => applyPatch(kind, before, readPatch(kind, { Operations: operations }));
  if (error) expect(errorOf(patch)).toBe(error);
  else expect(patch()).toEqual(after);
  expect(before).toEqual(kept);
});

test('whatever text is a filter or a path, it is read or refused, and no other way', () => {
  const piece = fc.constantFrom(
    'userName',
    ' eq ',
    '"a"',
    '[',
    ']',
    '(',
    ')',
    ' and ',
    ' or ',
    'not ',
    '.',
    ':',
    'urn:x:',
    ' pr',
    '\\',
    '"',
    '1',
    'ü',
    '\n',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      errorOf(() => fits(given));
      errorOf(() => parsePath(given, TYPES.User));
    }),
  );
});

test('whatever is sent as a PATCH or a resource, it is done or refused, and no prototype is touched', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('emails', 'name.givenName', '__proto__', 'constructor.prototype', 'emails[type eq "work"].value'),
      (value, path) => {
        for (const op of ['add', 'replace', 'remove'])
          errorOf(() => applyPatch(TYPES.User, filters.resource, readPatch(TYPES.User, { Operations: [{ op, path, value }] })));
        errorOf(() => readResource(TYPES.User, value));
      },
    ),
  );
  const hostile = JSON.parse('{"userName":"a","__proto__":{"active":true},"constructor":{"x":1}}') as unknown;
  expect(readResource(TYPES.User, hostile)).toEqual({ userName: 'a' });
  expect(({} as Record<string, unknown>).active).toBeUndefined();
});

test('a body keeps what the schemas know, under their spelling, and no password', () => {
  expect(
    readResource(TYPES.User, {
      schemas: [USER],
      id: 'x',
      USERNAME: 'b',
      password: 'secret',
      active: 'True',
      shoeSize: 9,
      emails: [
        { value: 'a', primary: true },
        { value: 'b', primary: true },
      ],
      roles: [],
      [ENTERPRISE.toUpperCase()]: { employeeNumber: 701984 },
    }),
  ).toEqual({
    userName: 'b',
    active: true,
    emails: [
      { value: 'a', primary: true },
      { value: 'b', primary: false },
    ],
    [ENTERPRISE]: { employeeNumber: '701984' },
  });
  expect(errorOf(() => readResource(TYPES.User, { displayName: 'x'.repeat(1_000_000) }))).toBe('invalidValue');
  expect(errorOf(() => readResource(TYPES.User, []))).toBe('invalidSyntax');
  expect(errorOf(() => requireComplete(TYPES.Group, {}))).toBe('invalidValue');
});

test('answers hold what was asked for, and the id', () => {
  const resource: Resource = { schemas: [USER], id: '1', ...filters.resource };
  const cut = (attributes?: string[], excludedAttributes?: string[]) => project(TYPES.User, resource, { attributes, excludedAttributes });
  expect(cut(['USERNAME', 'name.givenName', 'emails.value', 'emails.type', `${ENTERPRISE}:department`, 'nothing'])).toEqual({
    schemas: [USER],
    id: '1',
    userName: 'Bjensen@example.com',
    name: { givenName: 'Barbara' },
    emails: [
      { value: 'bjensen@example.com', type: 'work' },
      { value: 'babs@jensen.org', type: 'home' },
    ],
    [ENTERPRISE]: { department: 'Tours' },
  });
  const { emails: _, name: __, ...rest } = resource;
  expect(cut(undefined, ['emails', 'name', 'id'])).toEqual(rest);
  expect(cut(undefined, [ENTERPRISE])).not.toHaveProperty([ENTERPRISE]);
  expect(errorOf(() => cut(['a b']))).toBe('invalidValue');
});

test('resources are put in order by an attribute, those without it last', () => {
  const all = [{ userName: 'b' }, { userName: 'C', title: 'z' }, { userName: 'a', title: 'y' }];
  const names = (sortBy: string, isDescending = false) =>
    [...all].sort(orderBy(TYPES.User, sortBy, isDescending)).map(({ userName }) => userName);
  expect(names('userName')).toEqual(['a', 'b', 'C']);
  expect(names('userName', true)).toEqual(['C', 'b', 'a']);
  expect(names('title')).toEqual(['a', 'C', 'b']);
});

const samples = new URL('../../../../../../shared/identity-vectors/scim-rfc/samples/', import.meta.url);

describe.skipIf(!existsSync(samples))('the samples of RFC 7643 and RFC 7644', () => {
  const names = existsSync(samples) ? readdirSync(samples) : [];
  const sample = (name: string) => JSON.parse(readFileSync(new URL(name, samples), 'utf8')) as Record<string, unknown>;

  test.each(names.filter((name) => /user|group/.test(name) && !/list_response|bulk|patch|resource_type|schema-/.test(name)))(
    '%s is read, and read again is the same',
    (name) => {
      const body = sample(name);
      const type = JSON.stringify(body.schemas ?? [USER]).includes(GROUP) ? TYPES.Group : TYPES.User;
      const resource = readResource(type, body);
      expect(readResource(type, resource)).toEqual(resource);
      const { groups: _, meta: __, id: ___, schemas: ____, password: _____, ...kept } = body;
      expect(resource).toMatchObject(withoutReadOnly(kept));
    },
  );

  test.each(names.filter((name) => name.includes('patch_op')))('%s is a PATCH that can be done', (name) => {
    const type = name.includes('member') ? TYPES.Group : TYPES.User;
    const before: Resource =
      type === TYPES.Group
        ? {
            displayName: 'g',
            members: name.includes('add_members') ? [] : [{ value: '2819c223-7f76-453a-919d-413861904646' }, { value: 'other' }],
          }
        : { userName: 'b', emails: [{ type: 'work', value: 'b@example.com' }], addresses: [{ type: 'work', locality: 'x' }] };
    const after = applyPatch(type, before, readPatch(type, sample(name)));
    // Two of them name a member by an id that the document shortens.
    if (!name.includes('one_member')) expect(after).not.toEqual(before);
    if (name.includes('emails') || name.includes('email_values')) expect(after.nickName).toBe('Babs');
    if (name.includes('street')) expect(after.addresses).toEqual([{ type: 'work', locality: 'x', streetAddress: '1010 Broadway Ave' }]);
    if (name.includes('all_members')) expect(after.members).not.toEqual(before.members);
  });

  test('every schema of the RFC is a subset of what is kept, but for what no directory sends', () => {
    for (const [name, type] of [
      ['rfc7643-8.7.1-schema-user.json', TYPES.User],
      ['rfc7643-8.7.1-schema-group.json', TYPES.Group],
    ] as const) {
      const { id, attributes } = sample(name) as { id: string; attributes: { name: string; multiValued: boolean; mutability: string }[] };
      expect(type.schema.id).toBe(id);
      for (const { name: attribute, multiValued, mutability } of attributes)
        expect(type.schema.attributes).toContainEqual(expect.objectContaining({ name: attribute, multiValued, mutability }));
    }
  });
});

/** Parts that a directory may not write. */
function withoutReadOnly(body: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(body, (key, value: unknown) => (['$ref', 'displayName'].includes(key) && key === '$ref' ? undefined : value));
  const cut = JSON.parse(text) as Record<string, { manager?: { displayName?: string } }>;
  if (cut[ENTERPRISE]?.manager) delete cut[ENTERPRISE].manager.displayName;
  for (const name of Object.keys(cut)) if (Array.isArray(cut[name]) && cut[name].length === 0) delete cut[name];
  return cut;
}
