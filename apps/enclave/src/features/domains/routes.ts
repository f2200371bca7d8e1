import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { Handlers } from '../../http/mount.ts';
import { randomBytes } from '../../random.ts';
import { checkDomain, describeDomain } from './check.ts';
import { normaliseDomain } from './normalise.ts';
import { isPublicMail } from './public-mail.ts';
import { type Domain, deleteDomain, findDomain, insertDomain, listDomains } from './store.ts';

const MAX_DOMAINS = 100;
const TOKEN_BYTES = 24;

export function domainRoutes(context: Pick<Context, 'db' | 'keyring' | 'dns' | 'now' | 'newId' | 'log'>): Handlers<'domains'> {
  const { keyring, now, newId } = context;
  return {
    list: async ({ org, transaction }) => (await transaction((tx) => listDomains(keyring, tx, org))).map(describeDomain),

    async add({ org, transaction }, { body }) {
      const name = normaliseDomain(body.name);
      if (!name) throw refused('a domain such as company.com is expected');
      if (isPublicMail(name)) throw refused('anybody gets an address at this mail service, so no organization can own it');
      const domain: Domain = {
        id: newId('domain'),
        org,
        state: 'pending',
        version: 1,
        createdAt: now(),
        name,
        token: randomBytes(TOKEN_BYTES).toString('base64url'),
      };
      await transaction(async (tx) => {
        await tx.lock('domains');
        const domains = await listDomains(keyring, tx, org);
        if (domains.some((one) => one.name === name)) throw refused('this domain is in the list already');
        if (domains.length >= MAX_DOMAINS) throw refused(`an organization has at most ${MAX_DOMAINS} domains`);
        await insertDomain(keyring, tx, domain);
        tx.audit('domain.added', domain.id);
      });
      return describeDomain(domain);
    },

    verify: async ({ org, actor, signal }, { params }) => describeDomain(await checkDomain(context, org, params.domain, actor, signal)),

    async remove({ org, transaction }, { params }) {
      await transaction(async (tx) => {
        await tx.lock('domains');
        const domain = await findDomain(keyring, tx, org, params.domain);
        if (!domain) throw new AppError('not_found');
        await deleteDomain(tx, domain.id);
        tx.audit('domain.removed', domain.id, { state: domain.state });
      });
    },
  };
}

function refused(problem: string): AppError {
  return new AppError('bad_request', { problem: `name: ${problem}`, field: 'name' });
}
