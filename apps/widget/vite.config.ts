import { defineConfig, mergeConfig } from 'vite';
import { endpoints } from '../../packages/ui/build/endpoints-plugin.ts';
import { sharedConfig } from '../../packages/ui/build/vite-shared.ts';

/** Whose words a visitor sees at once; those of the panel behind the shield come when it is opened. */
const FIRST = [
  'packages/ui/src/chat',
  'packages/ui/src/text',
  'packages/ui/src/base/Button.tsx',
  'packages/ui/src/failure.ts',
  'packages/ui/src/state/DestinationLine.tsx',
  'packages/ui/src/state/ErrorNote.tsx',
  'packages/ui/src/state/Skeleton.tsx',
  'packages/ui/src/verification/ClosedNote.tsx',
  'packages/ui/src/verification/EnvironmentProvider.tsx',
  'packages/ui/src/verification/Shield.tsx',
  'packages/ui/src/verification/ShieldMark.tsx',
  'apps/widget/src',
];

const shared = sharedConfig({
  sources: [...FIRST, 'packages/ui/src/verification'],
  first: FIRST,
});

/** The chat inside the frame and on the hosted page: the same components as the app, on Preact to fit the budget. */
export default defineConfig(
  mergeConfig(shared, {
    plugins: [endpoints('publicChat')],
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
