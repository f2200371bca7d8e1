/** A real LDAP server (OpenLDAP's slapd) with TLS on loopback ports of its own, and a tree in the shape of Active Directory beside a plain one. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { choosePort } from './choose-port.ts';

export interface Slapd extends AsyncDisposable {
  /** TLS from the first byte. */
  readonly url: string;
  /** For StartTLS. */
  readonly plainUrl: string;
  /** PEM of the authority that signed its certificate. */
  readonly authority: string;
  readonly port: number;
  /** Changes the tree with LDIF, as an Admin of the directory. */
  modify(ldif: string): void;
}

export interface SlapdOptions {
  /** `expired` has ended a moment ago, `other` is for another host, `none` leaves the server without TLS. */
  readonly certificate?: 'good' | 'expired' | 'other' | 'none';
}

export const DIRECTORY_PASSWORD = 'looks people up';
export const PERSON_PASSWORD = 'my own password';
export const CORP = { baseDn: 'dc=corp,dc=example', bindDn: 'cn=Reader,ou=Service,dc=corp,dc=example' };
export const OPEN = { baseDn: 'dc=open,dc=example', bindDn: 'cn=reader,dc=open,dc=example' };

/** Starts a server and fills it: `await using slapd = await startSlapd()`. */
export async function startSlapd({ certificate = 'good' }: SlapdOptions = {}): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'privexbot-slapd-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const authority = makeCertificates(folder, certificate);
  const [port, plainPort] = await Promise.all([choosePort(), choosePort()]);
  const url = `ldaps://127.0.0.1:${port}`;
  const plainUrl = `ldap://127.0.0.1:${plainPort}`;
  const settings = file('slapd.conf', settingsOf(folder, certificate !== 'none'));
  for (const name of ['corp', 'open']) execFileSync('mkdir', [join(folder, name)]);
  execFileSync('/usr/sbin/slapadd', ['-f', settings, '-b', CORP.baseDn, '-l', file('corp.ldif', CORP_TREE)], { stdio: 'pipe' });
  execFileSync('/usr/sbin/slapadd', ['-f', settings, '-b', OPEN.baseDn, '-l', file('open.ldif', OPEN_TREE)], { stdio: 'pipe' });
  const listeners = certificate === 'none' ? plainUrl : `${url} ${plainUrl}`;
  const child = spawn('/usr/sbin/slapd', ['-d', '0', '-f', settings, '-h', listeners], { cwd: folder, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const modify = (ldif: string) => {
    const base = /^dn:.*dc=open,dc=example/m.test(ldif) ? OPEN.baseDn : CORP.baseDn;
    execFileSync(
      'ldapmodify',
      ['-x', '-H', plainUrl, '-D', `cn=admin,${base}`, '-w', DIRECTORY_PASSWORD, '-f', file('change.ldif', ldif)],
      { stdio: 'pipe' },
    );
  };
  try {
    await untilReady(plainUrl, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, plainUrl, authority, port, modify, [Symbol.asyncDispose]: stop };
}

async function untilReady(url: string, hasEnded: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (hasEnded()) throw new Error('slapd ended at its start');
    try {
      execFileSync('ldapsearch', ['-x', '-H', url, '-s', 'base', '-b', '', 'namingContexts'], { stdio: 'pipe' });
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error('slapd did not answer within 10 s');
}

function makeCertificates(folder: string, kind: NonNullable<SlapdOptions['certificate']>): string {
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '30', '-subj', '/CN=Test authority');
  openssl('req', ...key, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=directory');
  const names = kind === 'other' ? 'DNS:other.example' : 'IP:127.0.0.1,DNS:localhost';
  writeFileSync(at('ext'), `subjectAltName=${names}\n`);
  const days = kind === 'expired' ? '0' : '30';
  openssl(
    'x509',
    '-req',
    '-in',
    at('server.csr'),
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-days',
    days,
    '-extfile',
    at('ext'),
    '-out',
    at('server.pem'),
  );
  return readFileSync(at('ca.pem'), 'utf8');
}

/** Active Directory's attributes with its own numbers, and with rules for comparing them, which OpenLDAP's copy of that schema lacks. */
const SCHEMA = `
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.159 NAME 'accountExpires' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL MAY ( sAMAccountName $ userPrincipalName $ userAccountControl $ accountExpires $ objectGUID $ mail $ displayName $ givenName ) )
objectclass ( 1.2.840.113556.1.5.8 NAME 'group' SUP top STRUCTURAL MUST cn MAY ( member $ sAMAccountName $ objectGUID $ description ) )
`;

function settingsOf(folder: string, withTls: boolean): string {
  const database = (name: string, base: string, reader: string) => `
database mdb
suffix "${base}"
directory ${join(folder, name)}
rootdn "cn=admin,${base}"
rootpw "${DIRECTORY_PASSWORD}"
index objectClass,member eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${reader}" read by anonymous auth by * none
`;
  return `
${['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
${SCHEMA}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${join(folder, 'slapd.pid')}
${withTls ? `TLSCACertificateFile ${join(folder, 'ca.pem')}\nTLSCertificateFile ${join(folder, 'server.pem')}\nTLSCertificateKeyFile ${join(folder, 'server.key')}` : ''}
${database('corp', CORP.baseDn, CORP.bindDn)}
${database('open', OPEN.baseDn, OPEN.bindDn)}
`;
}

/** Octets as Active Directory orders them: the GUID is `33221100-5544-7766-8899-aabbccddee` with the last one as the number. */
const guid = (last: number) => Buffer.from(`00112233445566778899aabbccddee${last.toString(16).padStart(2, '0')}`, 'hex').toString('base64');

const user = (name: string, login: string, last: number, more = '') => `
dn: CN=${name},OU=People,DC=corp,DC=example
objectClass: user
cn: ${name}
sn: ${name.split(' ').at(-1)}
displayName: ${name}
sAMAccountName: ${login}
userPrincipalName: ${login}@corp.example
mail: ${login}@corp.example
objectGUID:: ${guid(last)}
userPassword: ${PERSON_PASSWORD}
${more || 'userAccountControl: 512'}
`;
const group = (name: string, ...members: string[]) => `
dn: CN=${name},OU=Groups,DC=corp,DC=example
objectClass: group
cn: ${name}
sAMAccountName: ${name}
${members.map((member) => `member: ${member},DC=corp,DC=example`).join('\n')}
`;

const CORP_TREE = `
dn: dc=corp,dc=example
objectClass: domain
dc: corp

dn: OU=People,DC=corp,DC=example
objectClass: organizationalUnit
ou: People

dn: OU=Groups,DC=corp,DC=example
objectClass: organizationalUnit
ou: Groups

dn: OU=Service,DC=corp,DC=example
objectClass: organizationalUnit
ou: Service

dn: CN=Reader,OU=Service,DC=corp,DC=example
objectClass: user
cn: Reader
sn: Reader
userPassword: ${DIRECTORY_PASSWORD}

${[
  user('Ana Example', 'ana', 1),
  user('Ben (Ops) Sample', 'ben', 2),
  user('Dora Disabled', 'dora', 3, 'userAccountControl: 514'),
  user('Ed Ended', 'ed', 4, 'userAccountControl: 512\naccountExpires: 132223104000000000'),
  user('Nora Never', 'nora', 5, 'userAccountControl: 512\naccountExpires: 9223372036854775807'),
  user('Twin One', 'twin', 6),
  user('Twin Two', 'twin', 7),
  group('engineering', 'CN=Ana Example,OU=People', 'CN=Ben (Ops) Sample,OU=People'),
  group('all-staff', 'CN=engineering,OU=Groups', 'CN=round,OU=Groups'),
  group('round', 'CN=all-staff,OU=Groups'),
  group('directors', 'CN=Nora Never,OU=People'),
].join('')}
dn: CN=No Id,OU=People,DC=corp,DC=example
objectClass: user
cn: No Id
sn: Id
sAMAccountName: noid
userPassword: ${PERSON_PASSWORD}

dn: OU=Elsewhere,DC=corp,DC=example
objectClass: referral
objectClass: extensibleObject
ou: Elsewhere
ref: ldap://127.0.0.1:1/OU=Elsewhere,DC=corp,DC=example
`;

const OPEN_TREE = `
dn: dc=open,dc=example
objectClass: domain
dc: open

dn: cn=reader,dc=open,dc=example
objectClass: person
cn: reader
sn: reader
userPassword: ${DIRECTORY_PASSWORD}

dn: uid=lea,dc=open,dc=example
objectClass: inetOrgPerson
uid: lea
cn: Lea Open
sn: Open
mail: lea@open.example
userPassword: ${PERSON_PASSWORD}

dn: cn=writers,dc=open,dc=example
objectClass: groupOfNames
cn: writers
member: uid=lea,dc=open,dc=example

dn: cn=operators,dc=open,dc=example
objectClass: posixGroup
cn: operators
gidNumber: 5000
memberUid: lea
`;
