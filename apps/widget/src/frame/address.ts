/** `/c/:slug` is the hosted page, `/w/:slug` the widget's frame, whose host page names its origin in the query. */
export interface ChatAddress {
  slug: string;
  channel: 'page' | 'widget';
  /** The only origin the frame talks to. */
  host: string | undefined;
}

export function readAddress({ pathname, search }: { pathname: string; search: string }): ChatAddress {
  const [, kind, slug = ''] = pathname.split('/');
  return {
    slug: decodeURIComponent(slug),
    channel: kind === 'w' ? 'widget' : 'page',
    host: toOrigin(new URLSearchParams(search).get('host')),
  };
}

function toOrigin(value: string | null): string | undefined {
  try {
    const { origin, protocol } = new URL(value ?? '');
    return protocol === 'https:' || protocol === 'http:' ? origin : undefined;
  } catch {
    return undefined;
  }
}
