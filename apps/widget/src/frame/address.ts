/** `/c/:slug` is the hosted page, `/w/:slug` the widget's frame, whose host page names its origin in the query. */
export interface ChatAddress {
  slug: string;
  channel: 'page' | 'widget';
  /** The only origin the frame talks to. */
  host: string | undefined;
  /** The identity that the environment must have, as the link or the host page states it in the fragment: the server never sees it. */
  pin: string | undefined;
}

export function readAddress({ pathname, search, hash }: { pathname: string; search: string; hash: string }): ChatAddress {
  const [, kind, slug = ''] = pathname.split('/');
  return {
    slug: decodeURIComponent(slug),
    channel: kind === 'w' ? 'widget' : 'page',
    host: toOrigin(new URLSearchParams(search).get('host')),
    // One that is there but empty is a damaged one, and is refused as another identity would be.
    pin: new URLSearchParams(hash.slice(1)).get('pin') ?? undefined,
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
