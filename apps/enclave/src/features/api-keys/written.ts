/** `pxb_<organization>_<key>_<secret>`, so that a key is looked up inside its organization. */
import type { ApiKeyId, OrgId } from '@privexbot/contract';

const BEARER = /^[Bb]earer (pxb_([0-9a-z]{26})_([0-9a-z]{26})_[\w-]{43})$/;

export interface GivenKey {
  readonly text: string;
  readonly org: OrgId;
  readonly id: ApiKeyId;
}

/** Reads the `authorization` header; undefined where it holds no API key. */
export function readApiKey(authorization: string): GivenKey | undefined {
  const [, text, org, id] = BEARER.exec(authorization) ?? [];
  return text && org && id ? { text, org: `org_${org}` as OrgId, id: `key_${id}` as ApiKeyId } : undefined;
}

export function writeApiKey(org: OrgId, id: ApiKeyId, secret: string): string {
  return `pxb_${org.slice('org_'.length)}_${id.slice('key_'.length)}_${secret}`;
}
