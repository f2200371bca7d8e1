import { defineConfig } from 'vite';

/** `widget.js`: one small file with a fixed name, for the host page. */
export default defineConfig({
  publicDir: false,
  build: {
    target: 'es2020',
    emptyOutDir: false,
    reportCompressedSize: false,
    lib: { entry: 'src/loader/main.ts', name: 'privexbot', formats: ['iife'], fileName: () => 'widget.js' },
  },
});
