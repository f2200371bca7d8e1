/** Carries a request to the server and the answer back: plain fetch, an in-process app, or a sealed channel. */
export type Transport = (request: Request) => Promise<Response>;

/**
 * A transport over `fetch`.
 * @param base the server's origin; requests name only a path
 * @param headers added to every request, such as `authorization`
 */
export function fetchTransport(base: string, headers: Readonly<Record<string, string>> = {}): Transport {
  return (request) => {
    const { pathname, search } = new URL(request.url);
    const forwarded = new Request(new URL(pathname + search, base), request);
    for (const [name, value] of Object.entries(headers)) forwarded.headers.set(name, value);
    return fetch(forwarded);
  };
}
