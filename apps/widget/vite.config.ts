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

/** What the composer needs, and what may be opened from it: two files, whose sum is smaller than that of twenty. */
const LATER =
  /packages\/ui\/src\/(chat\/markdown|verification\/(VerificationDialog|VerificationPanel|LineView|LineFacts|PastChecks|EvidenceButton|FailureReason|WarningNote|lines)\.)|apps\/widget\/src\/frame\/client\.ts|packages\/sdk|virtual:endpoints/;
const START = new RegExp(
  `^(?!.*(${LATER.source})).*(node_modules/(preact|@lingui/core|lucide-react)/|packages/ui/src/|frame/(line|address)\\.ts|preload-helper)`,
);

const shared = sharedConfig({
  sources: FIRST,
  first: FIRST,
});

/** The chat inside the frame and on the hosted page: the same components as the app, on Preact to fit the budget. */
export default defineConfig(
  mergeConfig(shared, {
    plugins: [endpoints(['publicChat'])],
    resolve: {
      alias: {
        'react/jsx-runtime': 'preact/jsx-runtime',
        'react-dom/client': 'preact/compat/client',
        'react-dom': 'preact/compat',
        react: 'preact/compat',
      },
    },
    build: {
      rolldownOptions: {
        output: {
          codeSplitting: {
            groups: [
              { name: 'start', test: START, priority: 2 },
              { name: 'later', test: LATER, priority: 1 },
            ],
          },
        },
      },
    },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  }),
);
