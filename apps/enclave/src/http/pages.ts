import type { Hono } from 'hono';
import type { Env } from './mount.ts';
import { StaticFiles } from './static.ts';

interface Ports {
  /** Origins that may frame the widget of a public name; undefined where it is not deployed. */
  readonly widgetSites: (slug: string) => Promise<readonly string[] | undefined>;
}

/** Where the clients were built. */
const BUILT = {
  web: new URL('../../../web/dist/', import.meta.url).pathname,
  widget: new URL('../../../widget/dist/', import.meta.url).pathname,
};

/** Pages load nothing from elsewhere, run no inline code, and answer only to the frames that are named. */
function policy(frameAncestors: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${frameAncestors}`,
    "require-trusted-types-for 'script'",
    'trusted-types privexbot-worker',
  ].join('; ');
}

function securityHeaders(frameAncestors = "'none'"): Record<string, string> {
  return {
    'content-security-policy': policy(frameAncestors),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    'cross-origin-opener-policy': 'same-origin',
    // For browsers that know no frame-ancestors.
    ...(frameAncestors === "'none'" ? { 'x-frame-options': 'DENY' } : {}),
  };
}

/** Serves the web app, the hosted chat page (`/c/:slug`), the widget's frame (`/w/:slug`) and its loader. */
export async function mountPages(app: Hono<Env>, { widgetSites }: Ports, folders = BUILT): Promise<void> {
  const [web, widget] = await Promise.all([StaticFiles.open(folders.web), StaticFiles.open(folders.widget)]);
  app.get(
    '/widget.js',
    async (c) =>
      (await widget.respond('/widget.js', c.req.raw, {
        ...securityHeaders(),
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      })) ?? c.notFound(),
  );
  app.get('/c/:slug', async (c) => (await widget.respond('/index.html', c.req.raw, securityHeaders())) ?? c.notFound());
  app.get('/w/:slug', async (c) => {
    const sites = await widgetSites(c.req.param('slug'));
    const frames = sites?.length ? ["'self'", ...sites].join(' ') : sites ? '*' : "'none'";
    return (await widget.respond('/index.html', c.req.raw, securityHeaders(frames))) ?? c.notFound();
  });
  app.get('*', async (c) => {
    const { path } = c.req;
    const found = (await web.respond(path, c.req.raw, securityHeaders())) ?? (await widget.respond(path, c.req.raw, securityHeaders()));
    if (found) return found;
    const isPage = !path.startsWith('/v1/') && !path.startsWith('/openai/') && !path.slice(1).includes('.');
    return (isPage && (await web.respond('/index.html', c.req.raw, securityHeaders()))) || c.notFound();
  });
}
