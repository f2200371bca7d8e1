/** Carries a request to the server and the answer back: plain fetch, an in-process app, or a sealed channel. */
export type Transport = (request: Request) => Promise<Response>;

/**
 * A transport over `fetch`.
 * @param base the server's origin; requests name only a path
 * @param headers added to every request, such as `authorization`
 */
export function fetchTransport(base: string, headers: Readonly<Record<string, string>> = {}): Transport {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const sent = new Headers(request.headers);
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    // Bodies are small and go whole: browsers stream a body over HTTP/2 only.
    const body = request.body ? await request.arrayBuffer() : null;
    return fetch(new URL(pathname + search, base), { method: request.method, headers: sent, body, signal: request.signal });
  };
}
