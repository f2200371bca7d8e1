import type { Transport } from '@privexbot/sdk';

/** Adds a cookie jar to a transport, as a browser has one. */
export function keepCookies(send: Transport): Transport {
  const jar = new Map<string, string>();
  return async (request) => {
    const carrying = new Request(request);
    if (jar.size) carrying.headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await send(carrying);
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    return response;
  };
}
