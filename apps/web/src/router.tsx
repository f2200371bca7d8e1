/** Every address of the app. Each screen is a file of its own, fetched when it is first opened. */
import type { Texts } from '@privexbot/ui/text/texts.ts';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router';
import { BOT_TABS } from './features/bots/tabs.ts';
import { LoadFailed, NotFound, RootLayout } from './frame/RootLayout.tsx';
import { lastPlace } from './session/last-place.ts';
import { wasSignedIn } from './session/mark.ts';

const root = createRootRouteWithContext<{ texts: Texts }>()({
  component: RootLayout,
  notFoundComponent: NotFound,
  errorComponent: LoadFailed,
});

/** Text search parameters, the rest dropped. */
const textSearch =
  <const K extends string>(...names: readonly K[]) =>
  (search: Record<string, unknown>): { [name in K]?: string } =>
    Object.fromEntries(names.flatMap((name) => (typeof search[name] === 'string' ? [[name, search[name]]] : []))) as {
      [name in K]?: string;
    };

/** Words that come with the ways in. */
const withWays = async ({ context }: { context: { texts: Texts } }): Promise<void> => {
  const { loadParts } = await import('virtual:catalogs');
  await context.texts.extend(loadParts.ways);
};

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: textSearch('next'),
  component: lazyRouteComponent(() => import('./features/auth/SignIn.tsx'), 'SignIn'),
});
const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  component: lazyRouteComponent(() => import('./features/auth/SignUp.tsx'), 'SignUp'),
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  beforeLoad: withWays,
  component: lazyRouteComponent(() => import('./features/auth/Invitation.tsx'), 'Invitation'),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  beforeLoad: withWays,
  component: lazyRouteComponent(() => import('./features/auth/Reset.tsx'), 'Reset'),
});
const link = createRoute({
  getParentRoute: () => root,
  path: '/link',
  beforeLoad: withWays,
  component: lazyRouteComponent(() => import('./features/auth/OneTimeLink.tsx'), 'OneTimeLink'),
});
const verifyAddress = createRoute({
  getParentRoute: () => root,
  path: '/verify-address',
  beforeLoad: withWays,
  component: lazyRouteComponent(() => import('./features/auth/ProveAddress.tsx'), 'ProveAddress'),
});

const fromDirectory = createRoute({
  getParentRoute: () => root,
  path: '/sign-in/return',
  // A test's result is told in the words of the screen that began it.
  beforeLoad: async ({ context }) => {
    const { loadParts } = await import('virtual:catalogs');
    await Promise.all([loadParts.ways, loadParts.organize].map((part) => context.texts.extend(part)));
  },
  component: lazyRouteComponent(() => import('./features/auth/steps/ConnectionReturn.tsx'), 'ConnectionReturn'),
});
const byDirectory = createRoute({
  getParentRoute: () => root,
  path: '/sign-in/by/$connection',
  beforeLoad: withWays,
  component: lazyRouteComponent(() => import('./features/auth/steps/ConnectionSignIn.tsx'), 'ConnectionSignIn'),
});

const signedOut = createRoute({
  getParentRoute: () => root,
  path: '/signed-out',
  async beforeLoad(route: { context: { texts: Texts } }) {
    if (wasSignedIn()) throw redirect({ to: '/' });
    await withWays(route);
  },
  component: lazyRouteComponent(() => import('./features/auth/steps/SignedOut.tsx'), 'SignedOut'),
});

const setUp = createRoute({
  getParentRoute: () => root,
  path: '/set-up',
  validateSearch: textSearch('connection'),
  // Whoever has a link has no account, and sees screens of those who have.
  beforeLoad: async ({ context }: { context: { texts: Texts } }) => {
    const { loadParts, loadRest } = await import('virtual:catalogs');
    await Promise.all([loadRest, loadParts.organize].map((part) => context.texts.extend(part)));
  },
  component: lazyRouteComponent(() => import('./features/sso/SetUpScreen.tsx'), 'SetUpScreen'),
});

const secondFactor = createRoute({
  getParentRoute: () => root,
  path: '/second-factor',
  beforeLoad: withWays,
  component: lazyRouteComponent(() => import('./features/auth/steps/SecondFactor.tsx'), 'SecondFactor'),
});
const changeAddress = createRoute({
  getParentRoute: () => root,
  path: '/change-address',
  beforeLoad: withWays,
  component: lazyRouteComponent(() => import('./features/auth/steps/ChangeAddress.tsx'), 'ChangeAddress'),
});

const verify = createRoute({
  getParentRoute: () => root,
  path: '/verify',
  // The panel's words are among those that come later.
  beforeLoad: async ({ context }) => context.texts.extend((await import('virtual:catalogs')).loadPanel),
  component: lazyRouteComponent(() => import('./features/verification/VerifyPage.tsx'), 'VerifyPage'),
});

/** Everything below needs a signed-in person; others are sent to sign in and come back. What only they need is fetched here. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ location, context }) => {
    const { enter } = await import('./session/enter.ts');
    const account = await enter(context.texts);
    if (!account) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } });
    return { account };
  },
  component: lazyRouteComponent(() => import('./session/SignedIn.tsx'), 'SignedIn'),
});
/** Where a person lands: Tier 1 among the chatbots, everybody else at Home, in the place that was open last. */
const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: ({ context }) => {
    const { organizations } = context.account;
    const [lastOrg, lastWorkspace] = lastPlace();
    const org = organizations.find(({ id }) => id === lastOrg) ?? organizations[0];
    if (!org) throw redirect({ to: '/account' });
    const place = org.workspaces.find(({ id }) => id === lastWorkspace) ?? org.workspaces[0];
    if (org.role === 'tier1' && place) throw redirect({ to: '/o/$org/w/$workspace/bots', params: { org: org.id, workspace: place.id } });
    throw redirect({ to: '/o/$org', params: { org: org.id } });
  },
});
/** The link that a client gives its agency: to the agency's own members, with the token after the #. */
const agency = createRoute({
  getParentRoute: () => signedIn,
  path: '/agency',
  beforeLoad: ({ context, location }) => {
    const own = context.account.organizations.find(({ role }) => role === 'admin');
    if (!own) throw redirect({ to: '/' });
    throw redirect({ to: '/o/$org/members', params: { org: own.id }, search: { tab: 'agencies' }, hash: location.hash });
  },
});
const framed = createRoute({
  getParentRoute: () => signedIn,
  id: 'framed',
  component: lazyRouteComponent(() => import('./frame/Frame.tsx'), 'Frame'),
});
const welcome = createRoute({
  getParentRoute: () => signedIn,
  path: '/welcome',
  beforeLoad: ({ context }) => {
    const org = context.account.organizations[0];
    const place = org?.workspaces[0];
    throw org && place
      ? redirect({ to: '/o/$org/w/$workspace/welcome', params: { org: org.id, workspace: place.id } })
      : redirect({ to: '/' });
  },
});
/** What is set up once: its words come with it. */
const organizing = async ({ context }: { context: { texts: Texts } }) =>
  context.texts.extend((await import('virtual:catalogs')).loadParts.organize);
const account = createRoute({
  getParentRoute: () => framed,
  path: '/account',
  validateSearch: textSearch('tab'),
  // Passkeys and codes are asked for with the same forms as at the sign-in.
  beforeLoad: async (route: { context: { texts: Texts } }) => void (await Promise.all([organizing(route), withWays(route)])),
  component: lazyRouteComponent(() => import('./features/account/AccountScreen.tsx'), 'AccountScreen'),
});
/** Places that are not the person's own do not exist, whatever their address. */
const org = createRoute({
  getParentRoute: () => framed,
  path: '/o/$org',
  beforeLoad: async ({ context, params, location }) => {
    const organization = context.account.organizations.find(({ id }) => id === params.org);
    if (!organization) throw notFound();
    const [inside] = location.pathname.split('/').slice(3);
    // Home and workspaces are what people open every day.
    if (inside && inside !== 'w') await organizing({ context });
    return { organization };
  },
});
const orgHome = createRoute({
  getParentRoute: () => org,
  path: '/',
  component: lazyRouteComponent(() => import('./features/home/Home.tsx'), 'Home'),
});
const members = createRoute({
  getParentRoute: () => org,
  path: '/members',
  validateSearch: textSearch('tab'),
  component: lazyRouteComponent(() => import('./features/members/Members.tsx'), 'Members'),
});
const models = createRoute({
  getParentRoute: () => org,
  path: '/models',
  component: lazyRouteComponent(() => import('./features/models/Models.tsx'), 'Models'),
});
const keys = createRoute({
  getParentRoute: () => org,
  path: '/keys',
  validateSearch: textSearch('tab'),
  component: lazyRouteComponent(() => import('./features/api-keys/ApiKeys.tsx'), 'ApiKeys'),
});
const usage = createRoute({
  getParentRoute: () => org,
  path: '/usage',
  validateSearch: textSearch('days'),
  component: lazyRouteComponent(() => import('./features/usage/Usage.tsx'), 'Usage'),
});
const audit = createRoute({
  getParentRoute: () => org,
  path: '/audit',
  validateSearch: textSearch('action', 'actor', 'target', 'from', 'to'),
  component: lazyRouteComponent(() => import('./features/audit/AuditLog.tsx'), 'AuditLog'),
});
const signInSetup = createRoute({
  getParentRoute: () => org,
  path: '/sign-in',
  validateSearch: textSearch('tab', 'connection'),
  component: lazyRouteComponent(() => import('./features/sso/SignInSetup.tsx'), 'SignInSetup'),
});
const settings = createRoute({
  getParentRoute: () => org,
  path: '/settings',
  component: lazyRouteComponent(() => import('./features/settings/Settings.tsx'), 'Settings'),
});
const workspace = createRoute({
  getParentRoute: () => org,
  path: '/w/$workspace',
  beforeLoad: ({ context, params }) => {
    if (!context.organization.workspaces.some(({ id }) => id === params.workspace)) throw notFound();
  },
});
const firstRun = createRoute({
  getParentRoute: () => workspace,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./features/welcome/Welcome.tsx'), 'Welcome'),
});
const bots = createRoute({
  getParentRoute: () => workspace,
  path: '/bots',
  component: lazyRouteComponent(() => import('./features/bots/BotList.tsx'), 'BotList'),
});
const newBot = createRoute({
  getParentRoute: () => workspace,
  path: '/bots/new',
  component: lazyRouteComponent(() => import('./features/bots/NewBot.tsx'), 'NewBot'),
});
const bot = createRoute({
  getParentRoute: () => workspace,
  path: '/bots/$bot/$tab',
  beforeLoad: ({ params }) => {
    if (!BOT_TABS.some((tab) => tab === params.tab)) throw notFound();
  },
  component: lazyRouteComponent(() => import('./features/bots/BotScreen.tsx'), 'BotScreen'),
});
const knowledge = createRoute({
  getParentRoute: () => workspace,
  path: '/knowledge',
  component: lazyRouteComponent(() => import('./features/knowledge/KnowledgeList.tsx'), 'KnowledgeList'),
});
const knowledgeBase = createRoute({
  getParentRoute: () => workspace,
  path: '/knowledge/$knowledge',
  validateSearch: textSearch('tab'),
  component: lazyRouteComponent(() => import('./features/knowledge/KnowledgeBase.tsx'), 'KnowledgeBase'),
});
const document = createRoute({
  getParentRoute: () => workspace,
  path: '/knowledge/$knowledge/documents/$document',
  validateSearch: textSearch('passage', 'start', 'end'),
  component: lazyRouteComponent(() => import('./features/knowledge/DocumentScreen.tsx'), 'DocumentScreen'),
});

const routeTree = root.addChildren([
  signIn,
  signUp,
  invitation,
  reset,
  link,
  verifyAddress,
  secondFactor,
  changeAddress,
  fromDirectory,
  byDirectory,
  setUp,
  signedOut,
  verify,
  signedIn.addChildren([
    home,
    welcome,
    agency,
    framed.addChildren([
      account,
      org.addChildren([
        orgHome,
        members,
        models,
        keys,
        usage,
        audit,
        signInSetup,
        settings,
        workspace.addChildren([firstRun, bots, newBot, bot, knowledge, knowledgeBase, document]),
      ]),
    ]),
  ]),
]);

export function makeRouter(texts: Texts) {
  return createRouter({ routeTree, context: { texts }, defaultPreload: 'intent', scrollRestoration: true });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
