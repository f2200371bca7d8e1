import type { NewSink, SinkId } from '@privexbot/contract';
import type * as z from 'zod';
import type { Context } from '../../../context.ts';
import { AppError } from '../../../errors.ts';
import type { OrgScope } from '../../../http/scope.ts';
import { namesHost } from '../../../providers/outbound/address.ts';
import { OutboundError } from '../../../providers/outbound/error.ts';
import { randomBytes } from '../../../random.ts';
import type { Entry } from '../entries.ts';
import { send, takenSoFar } from './deliver.ts';
import { toFailure, toMessage } from './message.ts';
import { deleteSink, findSink, findState, insertSink, listSinks, type Progress, type Sink, type Target } from './store.ts';

type Ports = Pick<Context, 'config' | 'db' | 'outbound' | 'now' | 'newId' | 'log'>;

const MAX_SINKS = 10;
const SECRET_BYTES = 32;

export async function listAll({ db }: Ports, { transaction }: OrgScope) {
  return transaction(async (tx) => {
    const sinks = await listSinks(db, tx);
    return Promise.all(sinks.map(async (sink) => toAnswer(sink, await findState(db, tx, sink.id))));
  });
}

export async function addSink(ports: Ports, { org, transaction }: OrgScope, wish: z.output<typeof NewSink>) {
  const { db, now, newId } = ports;
  await refuseUnsafe(ports, wish);
  const target: Target = wish.kind === 'webhook' ? { ...wish, secret: randomBytes(SECRET_BYTES).toString('base64url') } : wish;
  const sink: Sink = { id: newId('sink'), org, target, createdAt: now() };
  const progress: Progress = await transaction(async (tx) => {
    await tx.lock('audit_sinks');
    if ((await listSinks(db, tx)).length >= MAX_SINKS) throw refused('kind', `an organization has at most ${MAX_SINKS}`);
    const begin = { taken: await takenSoFar(tx), delivered: 0 };
    await insertSink(db, tx, sink, begin);
    tx.audit('sink.added', sink.id, { kind: target.kind, tls: isSecure(target) });
    return begin;
  });
  return { ...toAnswer(sink, progress), ...(target.kind === 'webhook' ? { secret: target.secret } : {}) };
}

/** Sends an entry that stands in no log. A failure is a result, not an error. */
export async function testSink(ports: Ports, scope: OrgScope, id: SinkId) {
  const { db, now } = ports;
  const { org, transaction, actor, signal } = scope;
  const sink = await transaction((tx) => findSink(db, tx, id));
  if (!sink) throw new AppError('not_found');
  const entry: Entry = {
    org_id: org,
    writer: 'test',
    sequence: 1,
    at: now(),
    sealed: new Uint8Array(),
    mac: new Uint8Array(),
    record: { action: 'sink.tested', actor, target: id, facts: { test: true } },
  };
  const failure = await send(ports, org, sink.target, [toMessage(org, entry, undefined)], signal).then(() => undefined, toFailure);
  await scope.audit('sink.tested', id, failure ? { ok: false, failure } : { ok: true });
  return { ok: failure === undefined, ...(failure ? { failure } : {}) };
}

export async function removeSink({ db }: Ports, { transaction }: OrgScope, id: SinkId): Promise<void> {
  await transaction(async (tx) => {
    await tx.lock('audit_sinks');
    if (!(await findSink(db, tx, id))) throw new AppError('not_found');
    await deleteSink(tx, id);
    tx.audit('sink.removed', id);
  });
}

/** The log goes to public addresses over TLS only, but for hosts that whoever runs the machine named. */
async function refuseUnsafe({ outbound, config }: Ports, wish: z.output<typeof NewSink>): Promise<void> {
  try {
    if (wish.kind === 'syslog') {
      outbound.lookupFor(wish.host, wish.port);
      if (wish.ca !== undefined && !wish.ca.includes('-----BEGIN CERTIFICATE-----'))
        throw refused('ca', 'a certificate in PEM is expected');
      const isNamed = namesHost(config.privateHosts, new URL(`http://${hostOf(wish.host)}:${wish.port}`));
      if (!wish.tls && !isNamed) throw refused('tls', 'without TLS only hosts that PRIVEXBOT_PRIVATE_HOSTS names are sent to');
      return;
    }
    await outbound.refusePrivate(wish.url);
    if (!wish.url.startsWith('https://') && !namesHost(config.privateHosts, new URL(wish.url))) throw refused('url', 'https is expected');
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.code === 'private_address') throw new AppError('private_address');
    throw refused(wish.kind === 'webhook' ? 'url' : 'host', 'an address without user name and password is expected');
  }
}

function refused(field: string, problem: string): AppError {
  return new AppError('bad_request', { problem: `${field}: ${problem}`, field });
}

function hostOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function isSecure(target: Target): boolean {
  return target.kind === 'webhook' ? target.url.startsWith('https://') : target.tls;
}

function toAnswer({ id, target, createdAt }: Sink, progress: Progress | undefined) {
  const { delivered = 0, deliveredAt, failure, failingSince } = progress ?? {};
  return {
    id,
    kind: target.kind,
    name: target.name,
    destination: target.kind === 'webhook' ? new URL(target.url).host : `${hostOf(target.host)}:${target.port}`,
    tls: isSecure(target),
    createdAt: createdAt.toISOString(),
    delivered,
    ...(deliveredAt ? { deliveredAt } : {}),
    ...(failure ? { failure } : {}),
    ...(failingSince ? { failingSince } : {}),
  };
}
