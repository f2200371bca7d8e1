/** A real SAML identity provider (pysaml2 with xmlsec1) in a process of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Attributes by name. */
export type SamlPeople = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface SamlProvider extends AsyncDisposable {
  readonly url: string;
  metadata(): Promise<string>;
  /** Makes the provider know a service by its metadata. */
  trust(metadata: string): Promise<void>;
  setPeople(people: SamlPeople): Promise<void>;
  /** How answers are signed and encrypted from now on. */
  setHow(how: { sign_assertion?: boolean; sign_response?: boolean; encrypt_assertion?: boolean }): Promise<void>;
  /**
   * Goes where a service sends a browser, as that person, and gives what the browser would post.
   * @throws with the provider's reason where it refuses the request
   */
  signIn(
    address: string,
    name: string,
  ): Promise<{ readonly address: string; readonly fields: { SAMLResponse: string; RelayState: string } }>;
  /** A second certificate in the metadata, which signs nothing yet. */
  addCertificate(): Promise<void>;
  /** Signs with the second one from now on, and names the first one no more. */
  useNewCertificate(): Promise<void>;
  /** Whose sessions a service asked to end, with what it calls them. */
  ended(): Promise<{ readonly name: string; readonly sessions: readonly string[] }[]>;
  /** The address of the service at which a browser ends somebody's session there. */
  endAddress(name: string, session?: string): Promise<string>;
}

export async function startSamlProvider(): Promise<SamlProvider> {
  const folder = mkdtempSync(join(tmpdir(), 'privexbot-saml-'));
  const first = [join(folder, 'key.pem'), join(folder, 'certificate.pem')] as const;
  const next = [join(folder, 'next-key.pem'), join(folder, 'next-certificate.pem')] as const;
  makeCertificate(first);
  const script = fileURLToPath(new URL('saml-provider.py', import.meta.url));
  // The system's Python: it is the one that Debian's package is for.
  const child = spawn('/usr/bin/python3', [script, ...first], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes) => {
    said += bytes;
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), ended.then((): string[] => [])]);
  if (typeof url !== 'string') throw new Error(`the SAML provider did not start: ${said}`);

  const ask = async (path: string, body?: string): Promise<string> => {
    const response = await fetch(new URL(path, url), body === undefined ? {} : { method: 'POST', body });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  };
  return {
    url,
    metadata: () => ask('/metadata'),
    trust: async (metadata) => void (await ask('/control/service', metadata)),
    setPeople: async (people) => void (await ask('/control/people', JSON.stringify(people))),
    setHow: async (how) => void (await ask('/control/how', JSON.stringify(how))),
    async signIn(address, name) {
      const page = await ask(address);
      const [, ticket = ''] = /ticket=([^&"]+)/.exec(page) ?? [];
      const form = await ask(`/login?ticket=${ticket}&as=${encodeURIComponent(name)}`);
      const value = (pattern: RegExp) => (pattern.exec(form)?.[1] ?? '').replaceAll('&amp;', '&').replaceAll('&quot;', '"');
      return {
        address: value(/action="([^"]*)"/),
        fields: { SAMLResponse: value(/name="SAMLResponse" value="([^"]*)"/), RelayState: value(/name="RelayState" value="([^"]*)"/) },
      };
    },
    addCertificate: async () => {
      makeCertificate(next);
      await ask('/control/certificates', JSON.stringify({ next: next[1] }));
    },
    useNewCertificate: async () => void (await ask('/control/certificates', JSON.stringify({ key: next[0], cert: next[1] }))),
    ended: async () => JSON.parse(await ask('/control/ended')),
    endAddress: (name, session) => ask(`/control/end?${new URLSearchParams({ name, ...(session ? { session } : {}) })}`),
    [Symbol.asyncDispose]: stop,
  };
}

function makeCertificate([key, certificate]: readonly [string, string]): void {
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=Test provider'];
  execFileSync('openssl', [...request, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
}
