/// <reference path="./oidc-provider.d.ts" />
// A real OpenID provider on a loopback port, with a page where people say who they are.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider from 'oidc-provider';

export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
  readonly backchannelLogoutUri?: string;
  readonly postLogoutRedirectUri?: string;
  readonly claimsInIdToken?: boolean;
}

export interface OidcProvider extends AsyncDisposable {
  readonly issuer: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Claims by subject. */
  readonly accounts: Map<string, Readonly<Record<string, unknown>>>;
  /** Answers with something else than the provider does, by path. */
  readonly instead: Map<string, (body: string) => { status?: number; headers?: Record<string, string>; body: string }>;
  /** Sent to clients by the back channel. */
  readonly logoutTokens: string[];
  /** Requests by path. */
  readonly requests: string[];
  register(client: Client): void;
  /** Signs with another key from now on. */
  rotateKeys(): Promise<void>;
  /** Goes through the provider's pages as a new browser would. @returns the address it sends the browser back to */
  signIn(url: string, account: string): Promise<string>;
  /** The same in the account's last browser, which the provider may remember. */
  signInAgain(url: string, account: string): Promise<string>;
  /** As if everybody who is signed in at the provider had been so for longer. */
  letAge(seconds: number): void;
  /**
   * Ends the provider's session of an account, and tells clients by the back channel.
   * @param url where a client sent the browser for it
   * @returns the address it sends the browser back to
   */
  endSession(account: string, url?: string): Promise<string>;
}

export async function startOidcProvider(): Promise<OidcProvider> {
  const accounts: OidcProvider['accounts'] = new Map();
  const instead: OidcProvider['instead'] = new Map();
  const requests: string[] = [];
  const logoutTokens: string[] = [];
  const jars = new Map<string, Map<string, string>>();
  const rows = new Map<string, Row>();
  const adapter = storeIn(rows);
  let client: Client | undefined;
  let keys = [await newKey()];
  let provider: Provider | undefined;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://idp');
    requests.push(pathname);
    if (pathname === '/favicon.ico') return void response.writeHead(204).end();
    const other = instead.get(pathname);
    if (other) {
      const { status = 200, headers = { 'content-type': 'application/json' }, body } = other('');
      return void response.writeHead(status, headers).end(body);
    }
    if (pathname.startsWith('/interaction/')) return void interact(request, response);
    void provider?.callback()(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `http://${host}`;
  build();

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
      const accountId = new URLSearchParams(Buffer.concat(chunks).toString()).get('account') ?? '';
      const result = accounts.has(accountId) ? { login: { accountId, amr: ['pwd'] } } : { error: 'access_denied' };
      return provider?.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    }
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      '<!doctype html><html lang="en"><title>Directory</title><h1>Who are you?</h1><form method="post"><label>Account <input name="account"></label><button>Go on</button></form></html>',
    );
  }

  function build(): void {
    provider = new Provider(issuer, {
      adapter,
      jwks: { keys },
      cookies: { keys: ['a key of the test'] },
      clients: client
        ? [
            {
              client_id: client.id,
              client_secret: client.secret,
              redirect_uris: [client.redirectUri],
              response_types: ['code'],
              grant_types: ['authorization_code'],
              require_auth_time: true,
              post_logout_redirect_uris: client.postLogoutRedirectUri ? [client.postLogoutRedirectUri] : [],
              ...(client.backchannelLogoutUri
                ? { backchannel_logout_uri: client.backchannelLogoutUri, backchannel_logout_session_required: true }
                : {}),
            },
          ]
        : [],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'login_hint'], groups: ['groups'] },
      scopes: ['openid', 'email', 'profile', 'groups'],
      conformIdTokenClaims: !client?.claimsInIdToken,
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: { enabled: true, logoutSource: askWhetherToEnd },
      },
      findAccount: (_, sub) => {
        const claims = accounts.get(sub);
        return claims && { accountId: sub, claims: () => ({ sub, ...claims }) };
      },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      async loadExistingGrant({ oidc }) {
        const grant = new oidc.provider.Grant({ clientId: oidc.client?.clientId ?? '', accountId: oidc.session?.accountId ?? '' });
        grant.addOIDCScope('openid email profile groups');
        await grant.save();
        return grant;
      },
      pkce: { required: () => true },
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 3_600, IdToken: 3_600, Interaction: 600, Session: 3_600 },
      // Its own refuses loopback addresses.
      fetch(url: URL, { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown }) {
        logoutTokens.push(new URLSearchParams(String(options.body)).get('logout_token') ?? '');
        return fetch(url, options);
      },
    });
    provider.on('server_error', (_, error) => console.error(error));
    provider.on('backchannel.error', (_, error) => console.error(error));
  }

  async function go(url: string, jar: Map<string, string>, init: RequestInit = {}): Promise<Response> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie, ...(init.headers as Record<string, string>) } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    return response;
  }

  async function browse(start: string, account: string): Promise<string> {
    const jar = jars.get(account) ?? new Map<string, string>();
    for (let url = start, steps = 0; steps < 10; steps++) {
      if (!url.startsWith(issuer)) return url;
      const isForm = new URL(url).pathname.startsWith('/interaction/');
      const form = { method: 'POST', body: new URLSearchParams({ account }) };
      const response = await go(url, jar, isForm ? form : {});
      const location = response.headers.get('location');
      if (!location) throw new Error(`the provider answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
      url = new URL(location, url).href;
    }
    throw new Error('the provider redirects without end');
  }

  return {
    issuer,
    host,
    accounts,
    instead,
    requests,
    logoutTokens,
    register(given) {
      client = given;
      build();
    },
    async rotateKeys() {
      keys = [await newKey()];
      build();
    },
    signIn(start, account) {
      jars.set(account, new Map());
      return browse(start, account);
    },
    letAge(seconds) {
      for (const { payload } of rows.values()) if (typeof payload.loginTs === 'number') payload.loginTs -= seconds;
    },
    signInAgain: browse,
    async endSession(account, url = `${issuer}/session/end`) {
      const jar = jars.get(account) ?? new Map<string, string>();
      const page = await go(url, jar);
      const text = await page.text();
      if (!page.ok) throw new Error(`the provider answered ${page.status}: ${text.slice(0, 500)}`);
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
      const ended = await go(`${issuer}/session/end/confirm`, jar, { method: 'POST', body: new URLSearchParams({ xsrf, logout: 'yes' }) });
      return ended.headers.get('location') ?? '';
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The provider's own asks for a font of another site. */
function askWhetherToEnd(answer: { body: string }, form: string): void {
  answer.body = `<!doctype html><html lang="en"><title>Directory</title><h1>Sign out?</h1>${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button></html>`;
}

interface Row {
  readonly payload: Stored;
  readonly expiresAt: number;
}

interface Stored {
  loginTs?: number;
  grantId?: string;
  uid?: string;
  consumed?: number;
}

/** What the provider keeps, which outlives a change of its clients and keys. */
function storeIn(rows: Map<string, Row>) {
  return class {
    readonly kind: string;
    constructor(kind: string) {
      this.kind = kind;
    }
    async upsert(id: string, payload: Stored, seconds?: number) {
      rows.set(`${this.kind} ${id}`, { payload, expiresAt: Date.now() + (seconds ?? 86_400) * 1_000 });
    }
    async find(id: string) {
      const row = rows.get(`${this.kind} ${id}`);
      return row && row.expiresAt > Date.now() ? row.payload : undefined;
    }
    async findByUid(uid: string) {
      return [...rows.values()].find(({ payload }) => payload.uid === uid)?.payload;
    }
    async consume(id: string) {
      const row = rows.get(`${this.kind} ${id}`);
      if (row) row.payload.consumed = Math.floor(Date.now() / 1_000);
    }
    async destroy(id: string) {
      rows.delete(`${this.kind} ${id}`);
    }
    async revokeByGrantId(grant: string) {
      for (const [key, { payload }] of rows) if (payload.grantId === grant) rows.delete(key);
    }
  };
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: crypto.randomUUID() };
}
