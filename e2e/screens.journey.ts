// Every screen, filled and empty, in light, dark, at phone width and from right to left: accessible, and nothing in the console.
import { checkAccessibility, openBrowser, takeScreenshot } from '@privexbot/testing/browser.ts';
import { type Server, startServer } from '@privexbot/testing/server.ts';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClients } from '../scripts/build.ts';
import { ACCOUNT, addText, openDesk, publishBot, signInOn } from './desk.ts';

let server: Server;
let paths: Record<string, string>;
let emptyPaths: Record<string, string>;
const EMPTY_ACCOUNT = { email: 'new@example.com', password: ACCOUNT.password };

beforeAll(async () => {
  await buildClients({ production: false });
  server = await startServer();
  paths = await seed();
  const { organizations } = await server.client().auth.signUp({ body: EMPTY_ACCOUNT });
  emptyPaths = pathsOf(organizations[0]?.id ?? '', organizations[0]?.workspaces[0]?.id ?? '');
});
afterAll(() => server[Symbol.asyncDispose]());

/** Screens of an organization in which everything has something to show. */
async function seed(): Promise<Record<string, string>> {
  const desk = await openDesk(server);
  const { client, org, workspace, knowledge } = desk;
  await addText(
    desk,
    'Leave policy',
    'Every employee earns thirty days of annual leave in a year.\n\nCall the front desk on the first day of an illness.',
  );
  await client.knowledge.add({
    params: desk.inKnowledge,
    body: { source: 'paste', title: 'A title as long as titles of documents are when nobody shortened them for a screen', text: 'Short.' },
  });
  const { params, slug } = await publishBot(desk, {
    greeting: 'Ask me about leave.',
    suggestedQuestions: ['How many days of leave do I earn?'],
  });
  const bot = await client.bots.get({ params });
  await client.bots.change({ params, body: { settings: { ...bot.settings, greeting: 'Changed.' }, revision: bot.revision } });
  await client.models.add({
    params: { org },
    body: { provider: 'openai-compatible', name: 'A model', url: 'https://models.example/v1', model: 'one', key: 'secret-key' },
  });
  await client.apiKeys.create({ params: { org }, body: { name: 'A program' } });
  const { id: connection } = await client.sso.create({
    params: { org },
    body: {
      kind: 'oidc',
      name: 'Directory',
      settings: { issuer: 'https://idp.invalid', clientId: 'privexbot' },
      secrets: { clientSecret: 'x' },
    },
  });
  await client.scim.createToken({ params: { org, connection }, body: { name: 'Directory', expiresInDays: 90 } });
  for await (const _ of await client.bots.ask({ params, body: { question: 'How many days of leave do I earn?' } }));
  const [document] = (await client.knowledge.documents({ params: desk.inKnowledge })).items;
  const base = `/o/${org}/w/${workspace}`;
  return {
    ...pathsOf(org, workspace),
    'bot-configure': `${base}/bots/${bot.id}/configure`,
    'bot-knowledge': `${base}/bots/${bot.id}/knowledge`,
    'bot-deploy': `${base}/bots/${bot.id}/deploy`,
    'bot-versions': `${base}/bots/${bot.id}/versions`,
    documents: `${base}/knowledge/${knowledge}`,
    'knowledge-passages': `${base}/knowledge/${knowledge}?tab=passages`,
    'knowledge-search': `${base}/knowledge/${knowledge}?tab=search`,
    'knowledge-settings': `${base}/knowledge/${knowledge}?tab=settings`,
    document: `${base}/knowledge/${knowledge}/documents/${document?.id}`,
    page: `/c/${slug}`,
    connection: `/o/${org}/sign-in?connection=${connection}`,
  };
}

function pathsOf(org: string, workspace: string): Record<string, string> {
  const base = `/o/${org}`;
  return {
    home: base,
    welcome: `${base}/w/${workspace}/welcome`,
    bots: `${base}/w/${workspace}/bots`,
    'bot-new': `${base}/w/${workspace}/bots/new`,
    knowledge: `${base}/w/${workspace}/knowledge`,
    models: `${base}/models`,
    keys: `${base}/keys`,
    usage: `${base}/usage`,
    audit: `${base}/audit`,
    settings: `${base}/settings`,
    connections: `${base}/sign-in?tab=connections`,
    attempts: `${base}/sign-in?tab=attempts`,
    scim: `${base}/sign-in?tab=scim`,
    account: '/account',
    'account-security': '/account?tab=security',
    nowhere: '/o/nowhere',
  };
}

const SIGNED_OUT = {
  verify: '/verify',
  'sign-in': '/sign-in',
  'from-directory': '/sign-in/return',
  'sign-up': '/sign-up',
  reset: '/reset',
  link: '/link#nothing',
  'second-factor': '/second-factor',
  'change-address': '/change-address#nothing',
  invitation: '/invitation#nothing',
  'set-up': '/set-up#nothing',
};

const MODES: [mode: string, options: BrowserContextOptions, storage: Record<string, string>][] = [
  ['light', { colorScheme: 'light' }, {}],
  ['dark', { colorScheme: 'dark' }, {}],
  ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, {}],
  ['right-to-left', {}, { language: 'ar-XB' }],
];

test.each(MODES)('every screen in %s mode is accessible and fits', async (mode, options, storage) => {
  await using browser = await openBrowser();
  browser.expectComplaint(/401/); // who is signed out is told so by the server
  const page = await browser.openPage(options);
  await page.addInitScript((items) => {
    for (const [name, value] of Object.entries(items)) localStorage.setItem(name, value);
  }, storage);
  const problems: string[] = [];
  const visit = async (name: string, path: string) => {
    await page.goto(server.url + path);
    await page.locator('h1, [role=alert]').first().waitFor();
    // On every screen, whatever it shows: nobody may take a development server for a protected one.
    await page.locator('.simulation-stripe').waitFor();
    await expect.poll(() => page.locator('.skeleton').count(), { timeout: 10_000 }).toBe(0);
    await takeScreenshot(page, `${mode}-${name}`);
    await checkAccessibility(page).catch((error: Error) => problems.push(error.message));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (overflow > 0) problems.push(`${name} is ${overflow} px wider than the screen`);
  };
  for (const [name, path] of Object.entries(SIGNED_OUT)) await visit(name, path);
  const signIn = async (account: typeof ACCOUNT) => {
    await page.goto(`${server.url}/sign-in`);
    await signInOn(page, account);
    await page.waitForURL(/\/o\//);
  };
  await signIn(ACCOUNT);
  for (const [name, path] of Object.entries(paths)) await visit(name, path);
  if (mode === 'light') {
    await signIn(EMPTY_ACCOUNT);
    for (const [name, path] of Object.entries(emptyPaths)) await visit(`empty-${name}`, path);
  }
  expect(problems).toEqual([]);
});
