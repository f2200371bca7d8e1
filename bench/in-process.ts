// A server's parts in this process, over an embedded PostgreSQL of its own, for what is measured below the network.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { readConfig } from '../apps/enclave/src/config.ts';
import { openEmbeddedPostgres } from '../apps/enclave/src/db/embedded-postgres.ts';
import { prepareRoles } from '../apps/enclave/src/db/embedded-roles.ts';
import { insertUser } from '../apps/enclave/src/features/auth/store.ts';
import { createOrganization } from '../apps/enclave/src/features/organizations/index.ts';
import { createMemorySource } from '../apps/enclave/src/keys/sources/memory.fixture.ts';
import { createLog } from '../apps/enclave/src/log.ts';
import { openContext } from '../apps/enclave/src/open-context.ts';
import { temporaryFolder } from './measure.ts';

/** With one organization and its Admin. `everything` is a pool of the database's superuser, whom row security does not bind. */
export async function openInProcess() {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(temporaryFolder());
  const log = createLog('warn');
  const postgres = stack.use(await openEmbeddedPostgres({ folder: `${path}/postgres`, password: 'only-for-measuring', log }));
  const passwords = { owner: randomBytes(16).toString('hex'), app: randomBytes(16).toString('hex') };
  const storage = { ...(await prepareRoles(postgres.ownerUrl, passwords)), blobFolder: `${path}/blobs`, soleServer: true };
  const context = stack.use(await openContext(readConfig({}), createMemorySource(), storage));
  const everything = new pg.Pool({ connectionString: postgres.ownerUrl.replace(/\/[^/]*$/, '/privexbot'), max: 8 });
  stack.defer(() => everything.end());

  const user = context.newId('user');
  await context.db.transaction('environment', user, async (tx) => {
    await insertUser(context.keyring, tx, user, null, { name: 'Admin', emailVerified: false, links: 0 }, context.now());
    await createOrganization(context, tx, 'Bench', user);
  });
  const { rows } = await everything.query<{ org: ReturnType<typeof context.newId<'org'>> }>('select org_id as org from organizations');
  const org = rows[0]?.org;
  if (!org) throw new Error('no organization');
  const owned = stack.move();
  return { context, everything, user, org, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
