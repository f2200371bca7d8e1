import { type EnclaveOptions, openEnclave } from './enclave.ts';

/**
 * A `fetch` that speaks with one environment only, verified and sealed: `new OpenAI({ baseURL: `${url}/openai/v1`, fetch: attestedFetch({ url }) })`.
 * It fails with NotVerifiedError before anything is sent, and with TypeError for any other address.
 */
export function attestedFetch(options: EnclaveOptions): typeof fetch {
  const { transport } = openEnclave(options);
  const { origin } = new URL(options.url);
  return async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== origin)
      throw new TypeError(`This fetch speaks with ${origin} only, not with ${new URL(request.url).origin}.`);
    return transport(request);
  };
}
