/**
 * What a kind of connection (OpenID Connect, SAML, LDAP, JWT) has to be able to do. A strategy reads what a directory
 * says and checks it; it knows nothing of people, roles and sessions, and grants nothing.
 */
import type { SsoCheckName } from '@privexbot/contract';

/** A connection as its strategy sees it. `settings` are shown on screens, `secrets` are not. */
export interface Connection<Settings, Secrets> {
  readonly id: string;
  readonly org: string;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly addresses: Addresses;
}

/** Where the directory finds us, for this connection. */
export interface Addresses {
  /** OpenID Connect redirect URI. */
  readonly callback: string;
  /** SAML assertion consumer service. */
  readonly acs: string;
  /** SAML entity id, which is also where the metadata is. */
  readonly metadata: string;
  /** SAML single logout service. */
  readonly slo: string;
  /** OpenID Connect back-channel logout URI. */
  readonly backchannelLogout: string;
  /** OpenID Connect post-logout redirect URI: the page that browsers come back to. */
  readonly signedOut: string;
  /** Starts a sign-in from the directory's own page of apps. */
  readonly start: string;
}

/** Who came, as the directory says. The framework adds method and connection, and decides what an address is worth. */
export interface Arrival {
  /** OIDC issuer, SAML entity id, LDAP naming context: together with `subject` it names one account. */
  readonly issuer: string;
  /** Never an address: OIDC `sub`, SAML NameID with its format, LDAP `entryUUID` or `objectGUID`. Not empty. */
  readonly subject: string;
  readonly name?: string;
  readonly email?: string;
  /** False only where the directory says so: whether it may speak for the address at all is decided elsewhere. */
  readonly emailVerified: boolean;
  /** As the directory names them. */
  readonly groups: readonly string[];
  /** RFC 8176 */
  readonly amr: readonly string[];
  readonly authTime: Date;
  /** Everything received, for the Admin's page of attempts. */
  readonly claims: Claims;
  /** OIDC `sid` or SAML SessionIndex, by which the directory may end the session later. */
  readonly session?: string;
  /** What the directory is told when the person signs out here, as `endAt` wants it; kept sealed with the session. */
  readonly ending?: object;
  /** What must not be taken twice until then: an assertion's id, a token's `jti`. */
  readonly once?: { readonly id: string; readonly until: Date };
}

/** A key pair of ours, by which a directory knows our requests and encrypts for us. PEM; the key in PKCS #8. */
export interface OwnKey {
  readonly privateKey: string;
  readonly certificate: string;
}

export type Claims = Readonly<Record<string, readonly string[]>>;

/** One thing that was looked at. `expected` and `found` are content: sealed, and shown to Admins only. */
export interface Check {
  readonly name: SsoCheckName;
  readonly passed: boolean;
  readonly expected?: string;
  readonly found?: string;
}

/** Keeps a list of what was checked, up to the first failure. */
export interface Checks {
  readonly list: readonly Check[];
  /** What was received before a check failed. */
  claims: Claims;
  /** Notes the outcome. @throws SignInRefused where it failed */
  require(name: SsoCheckName, passed: boolean, saw?: { expected?: string | undefined; found?: string | undefined }): void;
  /** Notes a failure. @throws SignInRefused */
  refuse(name: SsoCheckName, saw?: { expected?: string | undefined; found?: string | undefined }): never;
}

/** A check of what a directory said failed; the list of checks says which, to Admins only. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
  readonly check: SsoCheckName;

  constructor(check: SsoCheckName, options?: ErrorOptions) {
    super(`the check "${check}" failed`, options);
    this.check = check;
  }
}

export function createChecks(): Checks {
  const list: Check[] = [];
  const checks: Checks = {
    list,
    claims: {},
    require(name, passed, { expected, found } = {}) {
      const saw = passed ? {} : { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) };
      list.push({ name, passed, ...saw });
      if (!passed) throw new SignInRefused(name);
    },
    refuse(name, saw) {
      checks.require(name, false, saw);
      throw new SignInRefused(name);
    },
  };
  return checks;
}

export interface Wish {
  readonly loginHint?: string | undefined;
  /** Whether the person is to be asked anew, however long they have been signed in there. */
  readonly fresh?: boolean | undefined;
}

/** A sign-in that leads over the directory's own pages. */
interface ByRedirect<Settings, Secrets> {
  readonly way: 'redirect';
  /**
   * Prepares a request. What `memory` holds is kept sealed, bound to the browser, until the answer comes; `go` makes the
   * address to send the browser to, which carries `state` as OIDC `state` or SAML `RelayState`.
   */
  begin(connection: Connection<Settings, Secrets>, wish: Wish): Promise<{ memory: object; go(state: string): string }>;
  /** Reads the directory's answer, as the return route kept it: query or form fields by name. */
  finish(
    connection: Connection<Settings, Secrets>,
    memory: object,
    answer: Readonly<Record<string, string>>,
    checks: Checks,
  ): Promise<Arrival>;
}

/** Name and password, which came through the sealed channel. */
interface ByPassword<Settings, Secrets> {
  readonly way: 'password';
  verify(
    connection: Connection<Settings, Secrets>,
    given: { readonly name: string; readonly password: string },
    checks: Checks,
  ): Promise<Arrival>;
}

/** A token that the directory made and the caller brings. */
interface ByToken<Settings, Secrets> {
  readonly way: 'token';
  verify(connection: Connection<Settings, Secrets>, token: string, checks: Checks): Promise<Arrival>;
}

/** What became of a person whom a directory knows. */
export type Standing = { readonly groups: readonly string[] } | 'disabled' | 'gone';

interface Common<Settings, Secrets> {
  /**
   * Looks people up again by the subjects they came with, for directories that can be asked without them.
   * @throws SignInRefused where the directory does not answer
   */
  standings?(connection: Connection<Settings, Secrets>, subjects: readonly string[], checks: Checks): Promise<Map<string, Standing>>;
  /** Fills in what only the server can: own keys, what a metadata address says. Called before a connection is stored. */
  prepare?(draft: { readonly settings: Settings; readonly secrets: Secrets }): Promise<{ settings: Settings; secrets: Secrets }>;
  /** Whether secrets that were entered for one server may be kept with the other settings. */
  isSameServer(before: Settings, after: Settings): boolean;
  /** Checks all that can be checked without a person. A failed check ends the list; it is no error. */
  probe(connection: Connection<Settings, Secrets>, checks: Checks): Promise<void>;
  /** When the first certificate that was entered ends. */
  expiresAt?(connection: Connection<Settings, Secrets>): Date | undefined;
  /** When the certificate ends by which the directory knows us. */
  ownExpiresAt?(connection: Connection<Settings, Secrets>): Date | undefined;
  /** For directories that know us by key pairs: the first signs, and what is encrypted for any of them opens. */
  readonly ownKeys?: {
    of(secrets: Secrets): readonly OwnKey[];
    put(secrets: Secrets, keys: readonly OwnKey[]): Secrets;
    make(): Promise<OwnKey>;
  };
  /** What a directory's Admin loads from `addresses.metadata`. */
  describe?(connection: Connection<Settings, Secrets>): Promise<{ readonly type: string; readonly body: string }>;
  /** Reads the directory's word that a session ended: fields by name, and how they came. Requests must be signed. */
  readLogout?(
    connection: Connection<Settings, Secrets>,
    request: { readonly method: 'GET' | 'POST'; readonly fields: Readonly<Record<string, string>>; readonly query: string },
    checks: Checks,
  ): Promise<LogoutNotice>;
  /**
   * Prepares the end of a session at the directory too; undefined where that cannot be or is not wanted. As for `begin`, `memory` is kept
   * until the answer comes, for directories that say what they did.
   * @param ending what the sign-in brought for it
   */
  endAt?(
    connection: Connection<Settings, Secrets>,
    ending: object | undefined,
  ): Promise<{ readonly memory?: object; go(state: string): string } | undefined>;
  /** Reads the directory's word that it ended what `endAt` named. @param query as it came, without its question mark */
  readEnd?(connection: Connection<Settings, Secrets>, memory: object, query: string, checks: Checks): Promise<void>;
}

export interface LogoutNotice {
  /** Whose sessions end: one of both at least. */
  readonly subject?: string;
  readonly session?: string;
  readonly once?: { readonly id: string; readonly until: Date };
  /** Where the browser goes with our answer, for logout that passes through it. */
  readonly answerAt?: string;
}

export type Strategy<Settings = never, Secrets = never> = Common<Settings, Secrets> &
  (ByRedirect<Settings, Secrets> | ByPassword<Settings, Secrets> | ByToken<Settings, Secrets>);
