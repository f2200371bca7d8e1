/** What the builds of web and widget have in common. */
import tailwind from '@tailwindcss/vite';
import type { Plugin, UserConfig } from 'vite';
import { type MessageParts, messages } from './messages-plugin.ts';

/** What is behind the shield; its words and files are fetched when it is opened. */
const PANEL = [
  'VerificationDialog',
  'VerificationPanel',
  'LineView',
  'LineFacts',
  'PastChecks',
  'EvidenceButton',
  'FailureReason',
  'StartOver',
  'WarningNote',
].map((name) => `packages/ui/src/verification/${name}.tsx`);

/**
 * @param carried `sources`: folders whose messages the bundle carries, `first`: those of them that come at once, `panel`: more of what is behind the shield;
 *   `parts`, `firstCalls`: see `messages`
 */
export function sharedConfig({ panel = [], ...words }: Omit<MessageParts, 'panel'> & Partial<MessageParts>): UserConfig {
  return {
    plugins: [tailwind(), messages({ ...words, panel: [...PANEL, ...panel] })],
    // In files of their own, also what a worker loads only in browsers that need it; hints for bundlers are of no use in them.
    worker: { format: 'es', rolldownOptions: { output: { comments: { annotation: false } } } },
    // A build that nobody told otherwise trusts no simulated machine.
    define: { __PRIVEXBOT_SIMULATION_ROOTS__: 'null' },
    build: {
      target: 'es2023',
      // Fonts and images come as files: the policy allows no `data:` fonts.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      manifest: true,
      reportCompressedSize: false,
      rolldownOptions: { checks: { moduleLevelDirective: false } },
    },
  };
}

/** Asks for a font in the page's head, since the style sheet that names it comes later. */
export function preloadFont(name: RegExp): Plugin {
  return {
    name: 'privexbot-preload-font',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        const file = Object.keys(bundle ?? {}).find((candidate) => name.test(candidate));
        if (!file) return [];
        return [
          { tag: 'link', attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${file}`, crossorigin: '' }, injectTo: 'head' },
        ];
      },
    },
  };
}
