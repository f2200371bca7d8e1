// What people do on the pages, each with a browser of their own.
import { checkAccessibility, type TestBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { bundleWallets } from './wallets/bundle.ts';

const PHONE = 390;

/** As the browser's virtual authenticators keep it. */
export interface Passkey {
  readonly credentialId: string;
  readonly isResidentCredential: boolean;
  readonly rpId?: string;
  readonly privateKey: string;
  readonly userHandle?: string;
  readonly signCount: number;
}

/** Checks the page, which waits until nothing moves, keeps a picture of it, and sees that it would fit on a phone. */
export async function look(page: Page, name: string): Promise<void> {
  await checkAccessibility(page);
  await takeScreenshot(page, name);
  const { width = 1280, height = 720 } = page.viewportSize() ?? {};
  await page.setViewportSize({ width: PHONE, height });
  const widest = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.setViewportSize({ width, height });
  expect(widest, `width of ${name} on a phone`).toBe(PHONE);
}

/** The first step of signing in. */
export async function typeAddress(page: Page, email: string): Promise<void> {
  await page.locator('input[name=email]').fill(email);
  await page.locator('button[type=submit]').click();
}

export async function signOut(page: Page): Promise<void> {
  await page.goto(new URL('/account', page.url()).href);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(/\/sign-in/);
}

/** Waits for the frame that only people who are in see. */
export async function untilInside(page: Page, server: string): Promise<void> {
  await page.waitForURL(({ origin }) => origin === server);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

/**
 * Gives the page an authenticator that says yes to everything. Checks of accessibility come before or after, or in another tab: they
 * end it, since another session of the developer tools closes it.
 * @param passkeys what one before it had @returns what gives its own
 */
export async function addAuthenticator(page: Page, passkeys: readonly Passkey[] = []): Promise<() => Promise<readonly Passkey[]>> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options });
  for (const credential of passkeys) await session.send('WebAuthn.addCredential', { authenticatorId, credential });
  return async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
}

/** A browser that offers no passkeys in the field, where an authenticator that says yes to everything would be used at once. */
export async function offerNothingInField(page: Page): Promise<void> {
  await page.context().addInitScript(() => {
    if (typeof PublicKeyCredential === 'function') PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
}

/** A page in whose browser the person has wallets. */
export async function openWithWallets(browser: TestBrowser, person: string): Promise<Page> {
  const page = await browser.openPage();
  await page.context().addInitScript(await bundleWallets(person));
  return page;
}

/** From the pages of sign-in or sign-up to the text that the wallet signs. */
export async function chooseWallet(page: Page, wallet: string): Promise<void> {
  await page.getByRole('button', { name: 'Wallet' }).click();
  await page.getByRole('button', { name: wallet }).click();
  await page.getByRole('heading', { name: 'Read, then sign' }).waitFor();
}

/** The link in the next mail to an address. @param mails those that came, which grow */
export async function linkMailed(mails: readonly { to: string | undefined; text: string }[], to: string, from = 0): Promise<string> {
  const find = () => /^https?:\S+$/m.exec(mails.slice(from).find((mail) => mail.to === to)?.text ?? '')?.[0] ?? '';
  await expect.poll(find, { timeout: 20_000, message: `a mail to ${to}` }).not.toBe('');
  return find();
}
