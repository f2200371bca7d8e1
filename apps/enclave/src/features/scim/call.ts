import { createHash } from 'node:crypto';
import type { Provisioning } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import { isComplex, type Resource, type Value } from './resource.ts';
import type { ResourceType } from './schemas.ts';
import { ScimError } from './scim-error.ts';
import type { Directory, ScimToken } from './store.ts';

export type Ports = Pick<Context, 'db' | 'keyring' | 'now' | 'newId'>;
export type EnvironmentTx = Transaction<'environment'>;

/** Who is calling, for which directory, and where its resources are addressed. */
export interface ScimCall extends Directory {
  readonly token: ScimToken;
  readonly provisioning: Provisioning;
  /** Ends with `/scim/v2`. */
  readonly base: string;
  /** As it is now: a body may come slowly, and bulk takes its time. @throws ScimError where the token counts no more */
  again(): Promise<ScimCall>;
}

/** A resource with what every one has (RFC 7643 §3.1), and a version that any change of it changes. */
export function present(
  type: ResourceType,
  { base }: ScimCall,
  id: string,
  content: Resource,
  times: { created: Date; changed?: Date },
): Resource {
  const extensions = type.extensions.map((one) => one.id).filter((urn) => content[urn] !== undefined);
  const body = { schemas: [type.schema.id, ...extensions], id, ...content };
  const meta = {
    resourceType: type.id,
    created: times.created.toISOString(),
    ...(times.changed ? { lastModified: times.changed.toISOString() } : {}),
    location: `${base}${type.endpoint}/${id}`,
    version: `W/"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`,
  };
  return { ...body, meta };
}

export function versionOf(resource: Resource): string {
  return isComplex(resource.meta) && typeof resource.meta.version === 'string' ? resource.meta.version : '';
}

/** `If-Match` and `If-None-Match` compare weakly here (RFC 7644 §3.14): a version is of the content, not of its bytes. */
export function namesVersion(header: string, version: string): boolean {
  if (header.trim() === '*') return true;
  const bare = (tag: string) => tag.trim().replace(/^W\\?\//, '');
  return header.split(',').some((tag) => bare(tag) === bare(version));
}

/** @throws ScimError 412 where the resource is another by now */
export function requireVersion(header: string | undefined, resource: Resource): void {
  if (header !== undefined && !namesVersion(header, versionOf(resource)))
    throw new ScimError(412, 'The resource was changed since it was read. Read it again and repeat the change.');
}

export function textOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
