// Two server processes on one PostgreSQL act as one: sessions, revocation, limits, invitations, keyed requests, audit log.
import { RATES } from '@privexbot/contract';
import { createClient, deviceKeyOf, generateDeviceKey } from '@privexbot/sdk';
import { sealedTransport } from '@privexbot/testing/sealed.ts';
import { startServer } from '@privexbot/testing/server.ts';
import { expect, test, vi } from 'vitest';
import { ACCOUNT, openDesk } from './desk.ts';
import { openExternalDatabase } from './external-database.ts';

/** What is promised for everything that takes a right away. */
const PROMISED = { timeout: 5_000, interval: 100 };

test('two processes on one database behave as one', async () => {
  await using database = await openExternalDatabase();
  const settings = { DATABASE_URL: database.appUrl, DATABASE_OWNER_URL: database.ownerUrl };
  await using one = await startServer({ settings });
  await using two = await startServer({ settings: { ...settings, PRIVEXBOT_ROOT_KEY: `file:${one.keyFile}` } });
  const desk = await openDesk(one);
  const params = { org: desk.org };

  const device = await deviceKeyOf(await generateDeviceKey());
  const [here, there] = [one, two].map(({ url }) => createClient(sealedTransport(url, undefined, { device })));
  if (!here || !there) throw new Error('there are two servers');
  await here.auth.signIn({ body: ACCOUNT });
  expect((await there.auth.me()).email).toBe(ACCOUNT.email);

  const key = await here.apiKeys.create({ params, body: { name: 'used at both' } });
  expect((await two.client(key.key).organizations.get({ params })).id).toBe(desk.org);
  await here.apiKeys.revoke({ params: { ...params, key: key.id } });
  await vi.waitFor(
    () => expect(two.client(key.key).organizations.get({ params })).rejects.toMatchObject({ code: 'not_signed_in' }),
    PROMISED,
  );

  const email = 'raced@example.com';
  const { link } = await there.organizations.invite({ params, body: { email, role: 'tier3' } });
  const invitation = link.split('#')[1] ?? '';
  const body = { email, password: ACCOUNT.password, invitation };
  const racers = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => (i % 2 ? one : two).client().auth.signUp({ body })));
  expect(racers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);

  // All come from one address here, so it is the network's bucket that they share.
  const codes: string[] = [];
  for (let i = 0; i < 2 * RATES['sign-in'].burst; i++)
    await (i % 2 ? one : two)
      .client()
      .auth.signIn({ body: { email: 'nobody@example.com', password: 'not the password' } })
      .catch((error: { code: string }) => codes.push(error.code));
  expect(codes.filter((code) => code === 'wrong_credentials').length).toBeLessThanOrEqual(RATES['sign-in'].burst + 3);
  expect(codes).toContain('rate_limited');

  await there.auth.signOut();
  await vi.waitFor(() => expect(here.auth.me()).rejects.toMatchObject({ code: 'not_signed_in' }), PROMISED);
  expect(await desk.client.audit.verify({ params })).toMatchObject({ intact: true });
});
