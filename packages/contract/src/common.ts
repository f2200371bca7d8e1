import * as z from 'zod';
import { idSchema } from './ids.ts';
import { LIMITS } from './limits.ts';

/** Control characters, ends of lines, and marks that make text read other than it is stored (UAX #9, explicit embeddings, overrides and isolates). */
export const UNFIT = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
/** One line that reads as it is stored. */
export const Name = z
  .string()
  .trim()
  .min(1)
  .max(LIMITS.nameLength)
  .regex(/^[^\p{Cc}\u2028-\u202e\u2066-\u2069]*$/u);
/** An instant as ISO 8601 in UTC. */
export const Time = z.iso.datetime();
export const InOrg = z.object({ org: idSchema('org') });
export const InWorkspace = InOrg.extend({ workspace: idSchema('workspace') });

/** A network of callers: an address, or one with a prefix (CIDR). */
export const Network = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'a network such as 203.0.113.0/24 or 2001:db8::/32 is expected',
);

/** Query of a paged list, newest first. `cursor` is the opaque value of the page before. */
export const Page = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.pageSize).default(50),
});

/** Answer of a paged list; `next` is absent on the last page. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}
