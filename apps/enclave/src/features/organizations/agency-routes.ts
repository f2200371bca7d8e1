import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { randomBytes } from '../../random.ts';
import { findPeople } from '../auth/index.ts';
import { acceptOffer, assignPerson, endGrant, requireClient, withdrawPerson } from './agencies.ts';
import { findGrant, type Grant, insertGrant, listClients, listGrants } from './agency-grants.ts';
import { requireAtMost } from './members.ts';
import { listMemberships } from './memberships.ts';

type Ports = Pick<Context, 'db' | 'keyring' | 'now' | 'newId'>;

const OFFER_TTL_MS = 7 * 24 * 60 * 60_000;
/** Of consents without an agency: nobody accepted them any more. */
const isOver = ({ agency, expiresAt }: Grant, at: Date) => !agency && expiresAt <= at;

export function agencyRoutes(context: Ports): Handlers<'agencies'> {
  const { db, keyring, now, newId } = context;

  return {
    async list({ transaction, audit, org }) {
      await audit('members.read');
      const grants = await transaction((tx) => listGrants(keyring, tx, org));
      return grants.filter((grant) => !isOver(grant, now())).map(toConsent);
    },

    async offer({ org, role, origin, transaction }, { body }) {
      requireAtMost(body.role, role);
      const createdAt = now();
      const expiresAt = new Date(createdAt.getTime() + OFFER_TTL_MS);
      const grant: Grant = {
        id: newId('grant'),
        org,
        agency: undefined,
        role: body.role,
        expiresAt,
        createdAt,
        names: undefined,
        people: [],
      };
      const token = randomBytes(32).toString('base64url');
      await transaction(async (tx) => {
        await insertGrant(keyring, tx, grant, token);
        tx.audit('agency.offered', grant.id, { role: body.role });
      });
      return { ...toConsent(grant), link: `${origin}/agency#${token}` };
    },

    async revoke({ org, actor }, { params }) {
      await db.transaction('environment', actor, async (tx) => {
        const grant = await findGrant(keyring, tx, { id: params.agency });
        if (grant?.org !== org) throw new AppError('not_found');
        await endGrant(context, tx, grant, 'client');
      });
    },

    async clients({ org, actor, audit }) {
      await audit('members.read');
      const grants = await db.transaction('environment', actor, (tx) => listClients(keyring, tx, org));
      return Promise.all(grants.map(toClient));
    },

    async accept({ org, actor }, { body }) {
      return toClient(await db.transaction('environment', actor, (tx) => acceptOffer(context, tx, org, body.token)));
    },

    async leave({ org, actor }, { params }) {
      await db.transaction('environment', actor, async (tx) => {
        await endGrant(context, tx, await requireClient(context, tx, org, params.client), 'agency');
      });
    },

    async assign({ org, actor }, { params: { client, member }, body }) {
      return toClient(await db.transaction('environment', actor, (tx) => assignPerson(context, tx, org, client, member, body.role)));
    },

    async withdraw({ org, actor }, { params: { client, member } }) {
      await db.transaction('environment', actor, async (tx) => {
        await withdrawPerson(context, tx, await requireClient(context, tx, org, client), member);
      });
    },
  };

  async function toClient({ id, org, role, names, people, createdAt }: Grant) {
    const memberships = await db.transaction(org, 'system', (tx) => listMemberships(keyring, tx, org, people));
    const known = await findPeople(db, people);
    return {
      id,
      organization: names?.client ?? '',
      role,
      people: memberships
        .filter(({ agency }) => agency?.grant === id)
        .map(({ user, role: own }) => ({ user, name: known.get(user)?.name ?? '', role: own })),
      createdAt: createdAt.toISOString(),
    };
  }
}

function toConsent({ id, agency, role, names, people, createdAt, expiresAt }: Grant) {
  return {
    id,
    state: agency ? ('active' as const) : ('offered' as const),
    role,
    ...(names ? { agency: names.agency } : {}),
    people: people.length,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
