import react from '@vitejs/plugin-react';
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
  assetsDir: 'assets',
});

export default defineConfig(mergeConfig(shared, { plugins: [react(), preloadFont(/geist-latin-wght-normal.*\.woff2$/)] }));
