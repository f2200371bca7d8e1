/** What a directory may say of people and groups, as data: RFC 7643 §4 and §8.7, as far as it is kept here. */

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** RFC 7643 §2.2 and §2.3. */
export interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'dateTime' | 'binary' | 'reference' | 'complex';
  readonly description: string;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  readonly returned: 'always' | 'never' | 'default' | 'request';
  readonly uniqueness: 'none' | 'server' | 'global';
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

export interface Schema {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** A kind of resource with its schemas. */
export interface ResourceType {
  readonly id: 'User' | 'Group';
  readonly endpoint: '/Users' | '/Groups';
  readonly description: string;
  readonly schema: Schema;
  readonly extensions: readonly Schema[];
}

type Traits = Partial<Omit<Attribute, 'name' | 'description'>>;

function attribute(name: string, description: string, traits: Traits = {}): Attribute {
  return {
    name,
    type: 'string',
    description,
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...traits,
  };
}

function complex(name: string, description: string, subAttributes: readonly Attribute[], traits: Traits = {}): Attribute {
  return attribute(name, description, { type: 'complex', ...traits, subAttributes });
}

/** RFC 7643 §2.4: what the values of most lists have. */
function list(name: string, description: string, types: readonly string[], traits: Traits = {}): Attribute {
  const type = attribute('type', 'What it is for', types.length ? { canonicalValues: types } : {});
  const primary = attribute('primary', 'Whether it is the preferred one', { type: 'boolean' });
  const display = attribute('display', 'How it is shown');
  return complex(name, description, [attribute('value', 'The value', traits), display, type, primary], { multiValued: true });
}

const readOnly = { mutability: 'readOnly' } as const;
const immutable = { mutability: 'immutable' } as const;

/** Of every resource (RFC 7643 §3.1); not part of any schema. */
export const COMMON: readonly Attribute[] = [
  attribute('id', 'Its id here', { ...readOnly, caseExact: true, returned: 'always', uniqueness: 'server' }),
  attribute('externalId', 'Its id in the directory', { caseExact: true }),
  complex(
    'meta',
    'About the resource itself',
    [
      attribute('resourceType', 'Its kind', { ...readOnly, caseExact: true }),
      attribute('created', 'When it was made', { ...readOnly, type: 'dateTime' }),
      attribute('lastModified', 'When it was last changed', { ...readOnly, type: 'dateTime' }),
      attribute('location', 'Its address', { ...readOnly, type: 'reference', caseExact: true, referenceTypes: ['uri'] }),
      attribute('version', 'Its version, for If-Match', { ...readOnly, caseExact: true }),
    ],
    readOnly,
  ),
];

const NAME = [
  ['formatted', 'The whole name as it is shown'],
  ['familyName', 'Family name'],
  ['givenName', 'Given name'],
  ['middleName', 'Middle names'],
  ['honorificPrefix', 'Title before the name'],
  ['honorificSuffix', 'Title after the name'],
] as const;

const ADDRESS = [
  ['formatted', 'The whole address as it is shown'],
  ['streetAddress', 'Street and number'],
  ['locality', 'Town'],
  ['region', 'State or region'],
  ['postalCode', 'Postal code'],
  ['country', 'Country, ISO 3166-1 alpha-2'],
] as const;

const userSchema: Schema = {
  id: USER,
  name: 'User',
  description: 'A person',
  attributes: [
    attribute('userName', 'The name the person signs in with at the directory; unique whatever its case', {
      required: true,
      uniqueness: 'server',
    }),
    complex(
      'name',
      'The parts of the name',
      NAME.map(([name, description]) => attribute(name, description)),
    ),
    attribute('displayName', 'The name as it is shown'),
    attribute('nickName', 'What the person is called'),
    attribute('profileUrl', 'A page about the person', { type: 'reference', referenceTypes: ['external'] }),
    attribute('title', 'Title in the company'),
    attribute('userType', 'Relation to the company'),
    attribute('preferredLanguage', 'Language, RFC 9110 §12.5.4'),
    attribute('locale', 'Locale, RFC 5646'),
    attribute('timezone', 'Time zone, IANA'),
    attribute('active', 'Whether the person may sign in and act', { type: 'boolean' }),
    attribute('password', 'Taken and thrown away: people of a directory sign in there', { mutability: 'writeOnly', returned: 'never' }),
    list('emails', 'Addresses for mail; the primary one must lie in a verified domain', ['work', 'home', 'other']),
    list('phoneNumbers', 'Telephone numbers', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
    list('ims', 'Names in messengers', []),
    list('photos', 'Pictures', ['photo', 'thumbnail'], { type: 'reference', referenceTypes: ['external'] }),
    complex(
      'addresses',
      'Postal addresses',
      [
        ...ADDRESS.map(([name, description]) => attribute(name, description)),
        attribute('type', 'What it is for', { canonicalValues: ['work', 'home', 'other'] }),
        attribute('primary', 'Whether it is the preferred one', { type: 'boolean' }),
      ],
      { multiValued: true },
    ),
    complex(
      'groups',
      'The groups the person is in; changed through the groups',
      [
        attribute('value', 'Id of the group', readOnly),
        attribute('$ref', 'Address of the group', { ...readOnly, type: 'reference', referenceTypes: ['Group'] }),
        attribute('display', 'Name of the group', readOnly),
        attribute('type', 'How', { ...readOnly, canonicalValues: ['direct'] }),
      ],
      { multiValued: true, mutability: 'readOnly' },
    ),
    list('entitlements', 'What the person may have', []),
    list('roles', 'Roles in the directory; they give nothing here, groups do', []),
    list('x509Certificates', 'Certificates', [], { type: 'binary', caseExact: true }),
  ],
};

const enterpriseSchema: Schema = {
  id: ENTERPRISE,
  name: 'EnterpriseUser',
  description: 'A person in a company',
  attributes: [
    attribute('employeeNumber', 'Number in the company'),
    attribute('costCenter', 'Cost center'),
    attribute('organization', 'Organization'),
    attribute('division', 'Division'),
    attribute('department', 'Department'),
    complex('manager', 'Who leads the person', [
      attribute('value', 'Id of that person'),
      attribute('$ref', 'Address of that person', { type: 'reference', referenceTypes: ['User'] }),
      attribute('displayName', 'Name of that person', readOnly),
    ]),
  ],
};

const groupSchema: Schema = {
  id: GROUP,
  name: 'Group',
  description: 'A group of people',
  attributes: [
    attribute('displayName', 'Name of the group; unique whatever its case', { required: true, uniqueness: 'server' }),
    complex(
      'members',
      'The people in it',
      [
        attribute('value', 'Id of the person', { ...immutable, caseExact: true }),
        attribute('$ref', 'Address of the person', { ...immutable, type: 'reference', referenceTypes: ['User'] }),
        attribute('display', 'Name of the person', immutable),
        attribute('type', 'Kind of member: groups in groups are not taken', { ...immutable, canonicalValues: ['User'] }),
      ],
      { multiValued: true },
    ),
  ],
};

export const TYPES = {
  User: { id: 'User', endpoint: '/Users', description: 'A person', schema: userSchema, extensions: [enterpriseSchema] },
  Group: { id: 'Group', endpoint: '/Groups', description: 'A group of people', schema: groupSchema, extensions: [] },
} as const satisfies Record<string, ResourceType>;

export const SCHEMAS: readonly Schema[] = [userSchema, enterpriseSchema, groupSchema];

/** A schema by its name: names and URNs are the same whatever their case (RFC 7643 §2.1). */
export function findExtension({ extensions }: ResourceType, urn: string): Schema | undefined {
  return extensions.find(({ id }) => isSame(id, urn));
}

export function findAttribute(among: readonly Attribute[] | undefined, name: string): Attribute | undefined {
  return among?.find((one) => isSame(one.name, name));
}

/** The attributes that stand at the top of a resource. */
export function topAttributes({ schema }: ResourceType): readonly Attribute[] {
  return [...COMMON, ...schema.attributes];
}

export function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
