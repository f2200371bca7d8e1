/**
 * Imported before anything that brings zod: it reads this when its first schema is made. `z.config({ jitless: true })` would come
 * too late, since modules run in the order of their chunks; zod would try out `Function`, which the page's policy reports.
 */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
