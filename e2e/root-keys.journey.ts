// The server with its root key in a real TPM (swtpm) and in a real token (SoftHSM2): it starts again, rotates, and refuses what it must.
import { rename, writeFile } from 'node:fs/promises';
import { SOFTHSM_MODULE, startSoftHsm, TOKEN } from '@privexbot/enclave/keys/sources/testing/softhsm.fixture.ts';
import { PCRS, startSwtpm } from '@privexbot/enclave/keys/sources/testing/swtpm.fixture.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import { expect, test } from 'vitest';
import { addText, type Desk, openDesk } from './desk.ts';

const PATIENCE = { timeout: 60_000, interval: 200 };

async function rotate({ client, org }: Desk): Promise<number> {
  const params = { org };
  await client.privacy.rotate({ params, body: {} });
  await expect
    .poll(async () => (await client.privacy.keys({ params }).catch(() => ({ rotation: true }))).rotation, PATIENCE)
    .toBeUndefined();
  return (await client.privacy.receipts({ params })).items[0]?.receipt.newEpoch ?? 0;
}

async function expectAnswer(desk: Desk): Promise<void> {
  await desk.client.knowledge.documents({ params: desk.inKnowledge }); // opens a new sealed session where the old one ended
  const { hits } = await desk.client.knowledge.search({ params: desk.inKnowledge, body: { text: 'days of leave' } });
  expect(hits[0]?.passage.text).toContain('thirty days');
}

async function restart(server: Server): Promise<void> {
  await server.stop();
  await server.start();
}

test('with a TPM: started again, rotated, and closed to another boot', async () => {
  await using tpm = await startSwtpm();
  await using server = await startServer({ settings: { PRIVEXBOT_ROOT_KEY: `tpm:${tpm.socket}?pcrs=${PCRS}` } });
  const desk = await openDesk(server);
  await addText(desk, 'Leave policy', 'Every employee earns thirty days of annual leave in a year.');
  await restart(server);
  await expectAnswer(desk);
  expect(await rotate(desk)).toBe(2);
  await restart(server);
  await expectAnswer(desk);
  await server.stop();
  await tpm.tool('tpm2_pcrextend', `11:sha256=${'ab'.repeat(32)}`);
  await expect(server.start()).rejects.toThrow(/did not start.*PCR 7, 11 no longer hold.*Nothing was changed/);
  await tpm.reboot();
  await server.start();
  await expectAnswer(desk);
});

test('with a token: started again, rotated, and closed to a wrong PIN and without the token', async () => {
  await using hsm = await startSoftHsm();
  const settings = {
    ...hsm.environment,
    PRIVEXBOT_ROOT_KEY: `pkcs11:token=${encodeURIComponent(TOKEN)}?module-path=${SOFTHSM_MODULE}`,
    PRIVEXBOT_ROOT_KEY_SECRET_FILE: hsm.pinFile,
  };
  await using server = await startServer({ settings });
  const desk = await openDesk(server);
  await addText(desk, 'Leave policy', 'Every employee earns thirty days of annual leave in a year.');
  expect(await rotate(desk)).toBe(2);
  await restart(server);
  await expectAnswer(desk);
  for (const secret of hsm.secrets) expect(server.output()).not.toContain(secret);
  await server.stop();
  await writeFile(hsm.pinFile, 'a wrong one', { mode: 0o600 });
  await expect(server.start()).rejects.toThrow(/did not start.*refuses the PIN.*PRIVEXBOT_ROOT_KEY_SECRET_FILE/);
  await writeFile(hsm.pinFile, hsm.secrets[0] ?? '', { mode: 0o600 });
  await hsm.takeAway();
  await expect(server.start()).rejects.toThrow(/did not start.*is not there/);
  await rename(`${hsm.folder}/tokens.away`, `${hsm.folder}/tokens`);
  await server.start();
  await expectAnswer(desk);
});
