import { readdirSync } from 'node:fs';
import { defineConfig, mergeConfig } from 'vite';
import { endpoints } from '../../packages/ui/build/endpoints-plugin.ts';
import { preloadFont, sharedConfig } from '../../packages/ui/build/vite-shared.ts';

/** What people open every day; the words of everything else behind the sign-in come with it. */
const DAILY = ['bots', 'home', 'knowledge', 'welcome'];
const BEFORE = ['auth', 'verification'];

function organizing(): string[] {
  const features = readdirSync(new URL('./src/features/', import.meta.url));
  return features.filter((name) => !DAILY.includes(name) && !BEFORE.includes(name)).map((name) => `apps/web/src/features/${name}`);
}

/** What the pages before the app call as a person. */
const AT_SIGN_IN = ['/v1/auth/me', '/v1/auth/invitation', '/v1/auth/verify/complete'];

const shared = sharedConfig({
  sources: ['packages/ui/src', 'apps/web/src'],
  panel: ['apps/web/src/features/verification'],
  parts: {
    // Of a way in once it was chosen, of the second step, and of pages that mailed links open.
    ways: [
      'apps/web/src/features/auth/steps',
      'apps/web/src/features/auth/Invitation.tsx',
      'apps/web/src/features/auth/OneTimeLink.tsx',
      'apps/web/src/features/auth/ProveAddress.tsx',
      'apps/web/src/features/auth/Reset.tsx',
    ],
    // Of what is set up once, and looked at now and then.
    organize: organizing(),
  },
  // By somebody who is not signed in, or just was; visitors of a bot, and who sets a connection up, have pages of their own.
  firstCalls: ({ access, path }) => (access === 'public' && !/^\/v1\/(public|set-up)\//.test(path)) || AT_SIGN_IN.includes(path),
  first: [
    'packages/ui/src/base/Button.tsx',
    'packages/ui/src/base/Field.tsx',
    'packages/ui/src/failure.ts',
    'packages/ui/src/state/ErrorNote.tsx',
    'packages/ui/src/text',
    'packages/ui/src/verification/ClosedNote.tsx',
    'packages/ui/src/verification/EnvironmentProvider.tsx',
    'packages/ui/src/verification/Shield.tsx',
    'packages/ui/src/verification/ShieldMark.tsx',
    'apps/web/src/features/auth',
    'apps/web/src/frame/RootLayout.tsx',
  ],
});

/** What every page needs, in one file: it compresses better than in ten. */
const SHELL =
  /node_modules\/(react|react-dom|scheduler|use-sync-external-store|@lingui\/core|@tanstack\/(history|router-core|react-router|react-store|store))\//;

/** What stands on the first page besides: many small files, whose sum is smaller as one. */
const START =
  /packages\/ui\/src\/(channel|failure|jitless|remember|text|base\/(Button|Field|Icon)\.tsx|state\/ErrorNote|verification\/(ClosedNote|EnvironmentProvider|Shield|ShieldMark|environment)\.)|apps\/web\/src\/(line|api|frame\/RootLayout|forms\/use-form|features\/auth\/(AuthPage|arrive|checks|use-|Way|ways)|features\/bots\/tabs|session\/(last-place|mark))|lucide-react\/dist\/esm\/(createLucideIcon|Icon|shared|icons\/(shield-|flask-conical|circle-alert))/;

export default defineConfig(
  mergeConfig(shared, {
    plugins: [endpoints(), preloadFont(/geist-latin-wght-normal.*\.woff2$/)],
    build: {
      rolldownOptions: {
        output: {
          // Every page lists them all: without names the list is half as long.
          chunkFileNames: 'assets/[hash].js',
          codeSplitting: {
            groups: [
              { name: 'shell', test: SHELL },
              { name: 'start', test: START },
            ],
          },
        },
      },
    },
  }),
);
