import type { DomainId, OrgId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { DnsUnreachable } from '../../providers/dns/dns.ts';
import { claimDue, type Domain, type Finding, findDomain, findVerified, updateDomain } from './store.ts';

export type Ports = Pick<Context, 'db' | 'keyring' | 'dns' | 'now' | 'log'>;

const HOUR_MS = 60 * 60_000;
const AGAIN_MS = 24 * HOUR_MS;
const AGAIN_AFTER_FAILURE_MS = 6 * HOUR_MS;
/** For so long a record may be gone, or name servers silent, before a domain stops to count. */
export const LAPSES_AFTER_MS = 7 * 24 * HOUR_MS;
const SWEEP_BATCH = 50;
const SWEEPS_AT_ONCE = 5;

/** Beside the domain rather than at it, so that the record gets in nobody's way; whoever controls the domain controls it. */
export function recordOf({ name, token }: Pick<Domain, 'name' | 'token'>): { name: string; value: string } {
  return { name: `_privexbot.${name}`, value: `privexbot-domain=${token}` };
}

/**
 * Looks for the record and notes what was found. Whoever controls the name decides: where the record of the organization that proved
 * the domain before is gone, that one lapses, and the domain is the asking one's.
 * @throws AppError `not_found`
 */
export async function checkDomain(ports: Ports, org: OrgId, id: DomainId, actor: string, signal?: AbortSignal): Promise<Domain> {
  const { db, keyring, now } = ports;
  const known = await db.transaction(org, actor, (tx) => findDomain(keyring, tx, org, id));
  if (!known) throw new AppError('not_found');
  const texts = await lookUp(ports, known, signal);
  return db.transaction('environment', actor, async (tx) => {
    const owner = await findVerified(keyring, tx, known.name);
    for (const realm of [...new Set([org, owner?.org ?? org])].sort()) await tx.lock('domains', realm);
    const domain = await findDomain(keyring, tx, org, id);
    if (!domain) throw new AppError('not_found');
    const other = await findVerified(keyring, tx, known.name);
    if (other?.id !== owner?.id) throw new AppError('conflict');
    const isOthers = other !== undefined && other.org !== org;
    const finding = isOthers && texts && has(texts, domain) && has(texts, other) ? 'taken' : findingOf(texts, domain);
    const at = now();
    const stamp = at.toISOString();
    if (isOthers && finding === 'found') {
      await updateDomain(keyring, tx, other, { state: 'lapsed', checkedAt: stamp, finding: findingOf(texts, other) }, at);
      tx.audit('domain.lapsed', other.id, { reason: 'proven_elsewhere' }, other.org);
    }
    const state = nextState(domain, finding, at);
    const isNew = state === 'verified' && domain.state !== 'verified';
    if (isNew) tx.audit('domain.verified', id, {}, org);
    else if (state === 'lapsed' && domain.state === 'verified') tx.audit('domain.lapsed', id, { reason: finding }, org);
    else if (actor !== 'system' || finding !== domain.finding) tx.audit('domain.checked', id, { finding }, org);
    const checkAt = new Date(at.getTime() + (finding === 'found' ? AGAIN_MS : AGAIN_AFTER_FAILURE_MS));
    const proof = finding === 'found' ? { provenAt: stamp, ...(isNew ? { verifiedAt: stamp } : {}) } : {};
    return updateDomain(keyring, tx, domain, { state, checkedAt: stamp, finding, ...proof }, checkAt);
  });
}

/** Looks again at the verified domains whose time has come. @returns how many */
export async function sweepDomains(ports: Ports): Promise<number> {
  const { db, now, log } = ports;
  const at = now();
  const until = new Date(at.getTime() + AGAIN_AFTER_FAILURE_MS);
  const due = await db.transaction('environment', 'system', (tx) => claimDue(tx, at, until, SWEEP_BATCH));
  const waiting = [...due];
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop())
      await checkDomain(ports, next.org, next.id, 'system').catch((err: unknown) => log.warn({ err }, 'a domain was not looked at'));
  };
  await Promise.all(Array.from({ length: SWEEPS_AT_ONCE }, work));
  return due.length;
}

/** When a verified domain whose record was not found stops to count. */
export function lapsesAt({ state, finding, provenAt }: Domain): Date | undefined {
  if (state !== 'verified' || finding === 'found' || !provenAt) return undefined;
  return new Date(Date.parse(provenAt) + LAPSES_AFTER_MS);
}

/** As screens show it. */
export function describeDomain(domain: Domain) {
  const { id, name, state, createdAt, verifiedAt, checkedAt, finding } = domain;
  const end = lapsesAt(domain);
  return {
    id,
    name,
    state,
    record: recordOf(domain),
    createdAt: createdAt.toISOString(),
    ...(verifiedAt ? { verifiedAt } : {}),
    ...(checkedAt ? { checkedAt } : {}),
    ...(finding ? { finding } : {}),
    ...(end ? { lapsesAt: end.toISOString() } : {}),
  };
}

function nextState(domain: Domain, finding: Finding, at: Date): Domain['state'] {
  if (finding === 'found') return 'verified';
  const end = lapsesAt({ ...domain, finding });
  return end && end <= at ? 'lapsed' : domain.state;
}

async function lookUp({ dns }: Ports, domain: Domain, signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
  try {
    return await dns.txt(recordOf(domain).name, signal);
  } catch (error) {
    if (error instanceof DnsUnreachable && !signal?.aborted) return undefined;
    throw error;
  }
}

function findingOf(texts: readonly string[] | undefined, domain: Domain): Finding {
  if (!texts) return 'unreachable';
  if (has(texts, domain)) return 'found';
  return texts.length > 0 ? 'different' : 'missing';
}

function has(texts: readonly string[], domain: Domain): boolean {
  return texts.some((text) => text.trim() === recordOf(domain).value);
}
