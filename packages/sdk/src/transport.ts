/** Carries a request to the server and the answer back: the sealed channel, or an app in the same process. */
export type Transport = (request: Request) => Promise<Response>;
