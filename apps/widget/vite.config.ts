import { defineConfig, mergeConfig } from 'vite';
import { sharedConfig } from '../../packages/ui/build/vite-shared.ts';

const shared = sharedConfig({
  sources: [
    'packages/ui/src/chat',
    'packages/ui/src/text',
    'packages/ui/src/failure.ts',
    'packages/ui/src/state/DestinationLine.tsx',
    'packages/ui/src/state/ErrorNote.tsx',
    'packages/ui/src/state/NotVerified.tsx',
    'packages/ui/src/state/Skeleton.tsx',
    'apps/widget/src',
  ],
});

/** The chat inside the frame and on the hosted page: the same components as the app, on Preact to fit the budget. */
export default defineConfig(
  mergeConfig(shared, {
    resolve: {
      alias: {
        'react/jsx-runtime': 'preact/jsx-runtime',
        'react-dom/client': 'preact/compat/client',
        'react-dom': 'preact/compat',
        react: 'preact/compat',
      },
    },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  }),
);
