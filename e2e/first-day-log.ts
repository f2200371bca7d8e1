import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const BY = { ADA: 'OpenID Connect', BEN: 'OpenID Connect', Lea: 'SAML', Ana: 'LDAP' };
/** What the log has to say of the first day, each with the first word of who did it. */
export const TOLD = [
  ['maria', 'Account created', 'Organization created', 'Member joined · Admin'],
  ['maria', 'Way to prove oneself added · Passkey', 'Way to sign in linked · Ethereum wallet'],
  ['maria', 'Signed out', 'Signed in · Password', 'Signed in · Ethereum wallet', 'Signed in · Passkey'],
  ['maria', 'Domain added', 'Domain verified', 'Person invited · Tier 2'],
  ['tom', 'Account created', 'Member joined · Tier 2', 'Signed in · Password', 'Refused: not signed in by the identity provider'],
  ...Object.values(BY).map((kind) => ['maria', `Connection added · Directory (${kind})`]),
  ['maria', 'Connection changed', 'Connection checked', 'Connection tested', 'Connection made active'],
  ...Object.entries(BY).map(([who, kind]) => [
    who,
    `Account created · Directory (${kind})`,
    `Member joined · Directory (${kind}) · Tier 4`,
    `Signed in · Directory (${kind})`,
  ]),
  ['ADA', 'Role changed · from Tier 4 to Tier 2'],
  ['Lea', 'Role changed · from Tier 4 to Tier 1'],
  ['Ana', 'Role changed · from Tier 4 to Tier 3'],
  ['maria', 'Effect of policies looked at', 'Policies changed', 'Attempts to sign in read', 'Members listed'],
  ['The', 'People of a directory looked up again', 'Member suspended'],
  ['Somebody', 'Sign-out by the directory'],
].flatMap(([who, ...sentences]) => sentences.map((sentence) => `${who}: ${sentence}`));

/** All rows of the log's screen, as in `TOLD`. */
export async function readLog(page: Page): Promise<string[]> {
  const more = page.getByRole('button', { name: 'Show more' });
  const list = page.getByRole('list', { name: 'Audit log' });
  for (let shown = 0; await more.isVisible(); ) {
    shown = await list.getByRole('listitem').count();
    await more.click();
    await expect.poll(() => list.getByRole('listitem').count(), { timeout: 20_000 }).toBeGreaterThan(shown);
  }
  const rows = await list.locator('summary').allInnerTexts();
  return rows.map((row) => row.split('\n')).map(([, sentence, actor = '']) => `${actor.split(/[ (]/)[0]}: ${sentence}`);
}
