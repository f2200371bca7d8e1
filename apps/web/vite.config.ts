import { defineConfig, mergeConfig } from 'vite';
import { preloadFont, sharedConfig } from '../../packages/ui/build/vite-shared.ts';

const shared = sharedConfig({
  sources: ['packages/ui/src', 'apps/web/src'],
  first: [
    'packages/ui/src/base/Button.tsx',
    'packages/ui/src/base/Field.tsx',
    'packages/ui/src/failure.ts',
    'packages/ui/src/state/ErrorNote.tsx',
    'packages/ui/src/state/NotVerified.tsx',
    'packages/ui/src/text',
    'apps/web/src/features/auth',
    'apps/web/src/frame/RootLayout.tsx',
  ],
});

/** What every page needs, in one file: it compresses better than in ten. */
const SHELL =
  /node_modules\/(react|react-dom|scheduler|use-sync-external-store|@lingui\/core|@tanstack\/(history|router-core|react-router|react-store|store))\//;

export default defineConfig(
  mergeConfig(shared, {
    plugins: [preloadFont(/geist-latin-wght-normal.*\.woff2$/)],
    build: { rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shell', test: SHELL }] } } } },
  }),
);
