/** What a directory may ask first (RFC 7644 §4): what is spoken here, and of what. */
import { LIST_RESPONSE, MAX_RESULTS } from './list.ts';
import { isSame, type ResourceType, SCHEMAS, type Schema, TYPES } from './schemas.ts';
import { ScimError } from './scim-error.ts';

export const BULK_OPERATIONS = 1_000;
export const BODY_BYTES = 1024 * 1024;

const URN = 'urn:ietf:params:scim:schemas:core:2.0:';

/** The discovery resource at a path below `/scim/v2`, or undefined where there is none. @throws ScimError 403 for a filter, 404 */
export function discover(path: string, base: string, hasFilter: boolean): object | undefined {
  const [, kind = '', id] = /^\/(ServiceProviderConfig|ResourceTypes|Schemas)(?:\/([^/]+))?$/.exec(path) ?? [];
  // RFC 7644 §4: so that nobody believes an answer that was not filtered.
  if (kind && hasFilter) throw new ScimError(403, 'This cannot be filtered.');
  if (kind === 'ServiceProviderConfig' && id === undefined) return serviceProviderConfig(base);
  if (!kind) return undefined;
  const all =
    kind === 'Schemas' ? SCHEMAS.map((one) => describeSchema(one, base)) : Object.values(TYPES).map((one) => describeType(one, base));
  if (id === undefined)
    return { schemas: [LIST_RESPONSE], totalResults: all.length, startIndex: 1, itemsPerPage: all.length, Resources: all };
  const found = all.find((one) => isSame(one.id, id));
  if (!found) throw new ScimError(404, 'There is no such schema or type of resource.');
  return found;
}

function serviceProviderConfig(base: string) {
  return {
    schemas: [`${URN}ServiceProviderConfig`],
    patch: { supported: true },
    bulk: { supported: true, maxOperations: BULK_OPERATIONS, maxPayloadSize: BODY_BYTES },
    filter: { supported: true, maxResults: MAX_RESULTS },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token that an Admin makes for one connection, in the Authorization header',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  };
}

function describeType({ id, endpoint, description, schema, extensions }: ResourceType, base: string) {
  return {
    schemas: [`${URN}ResourceType`],
    id,
    name: id,
    endpoint,
    description,
    schema: schema.id,
    schemaExtensions: extensions.map((extension) => ({ schema: extension.id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${id}` },
  };
}

function describeSchema({ id, name, description, attributes }: Schema, base: string) {
  return {
    schemas: [`${URN}Schema`],
    id,
    name,
    description,
    attributes,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
  };
}
