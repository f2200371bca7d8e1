// What wallets of people put into pages, with real keys: runs in the browser before the page's own scripts.
import { cosmosWallet, evmWallet, solanaWallet } from '@privexbot/enclave/features/auth/strategies/wallets/wallet-keys.fixture.ts';

/** The journey's hand on the wallets' windows. */
interface Person {
  declines: boolean;
}
const person: Person = { declines: false };
const { walletsFor = 'somebody' } = globalThis as { walletsFor?: string };
Object.assign(window, { person });

const ICON = 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSIxNiIgaGVpZ2h0PSIxNiIvPg==';
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function answer<T>(give: () => T): Promise<T> {
  if (!person.declines) return Promise.resolve(give());
  person.declines = false;
  return Promise.reject(Object.assign(new Error('User rejected the request.'), { code: 4001 }));
}

const evm = evmWallet(walletsFor);
const provider = {
  request({ method, params = [] }: { method: string; params?: readonly string[] }) {
    if (method === 'eth_requestAccounts') return Promise.resolve([evm.address.toLowerCase()]);
    if (method === 'eth_chainId') return Promise.resolve('0x1');
    const bytes = Uint8Array.from(params[0]?.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    return answer(() => `0x${hex(evm.sign(new TextDecoder().decode(bytes)))}`);
  },
};
const detail = Object.freeze({ info: { uuid: 'a', name: 'Test Ethereum', icon: ICON, rdns: 'test.ethereum' }, provider });
const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
window.addEventListener('eip6963:requestProvider', announce);
announce();

const solana = solanaWallet(walletsFor);
const account = { address: solana.address, chains: ['solana:mainnet'], features: ['solana:signIn'] };
interface Input {
  readonly domain: string;
  readonly address: string;
  readonly statement: string;
  readonly uri: string;
  readonly version: string;
  readonly chainId: string;
  readonly nonce: string;
  readonly issuedAt: string;
  readonly expirationTime: string;
}
/** Wallets write the text themselves, and look where they are. */
function writeText(input: Input): string {
  if (input.domain !== location.host || input.address !== solana.address) throw new Error('another site asks');
  return [
    `${input.domain} wants you to sign in with your Solana account:`,
    `${input.address}\n`,
    `${input.statement}\n`,
    `URI: ${input.uri}`,
    `Version: ${input.version}`,
    `Chain ID: ${input.chainId}`,
    `Nonce: ${input.nonce}`,
    `Issued At: ${input.issuedAt}`,
    `Expiration Time: ${input.expirationTime}`,
  ].join('\n');
}
const standard = {
  version: '1.0.0',
  name: 'Test Solana',
  icon: ICON,
  chains: ['solana:mainnet'],
  accounts: [],
  features: {
    'standard:connect': { version: '1.0.0', connect: async () => ({ accounts: [account] }) },
    'solana:signIn': {
      version: '1.0.0',
      signIn: (input: Input) =>
        answer(() => {
          const text = writeText(input);
          return [{ account, signedMessage: new TextEncoder().encode(text), signature: solana.sign(text) }];
        }),
    },
  },
};
type Api = { register: (wallet: typeof standard) => void };
const register = (api: Api) => api.register(standard);
window.dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: register }));
window.addEventListener('wallet-standard:app-ready', (event) => register((event as CustomEvent<Api>).detail));

const PREFIXES: Readonly<Record<string, string>> = { 'cosmoshub-4': 'cosmos', 'osmosis-1': 'osmo' };
function cosmosAt(chain: string) {
  const prefix = PREFIXES[chain];
  if (!prefix) throw new Error(`There is no chain info for ${chain}`);
  return cosmosWallet(walletsFor, prefix);
}
const keplr = {
  enable: async (chain: string) => void cosmosAt(chain),
  getKey: async (chain: string) => {
    const { address, publicKey } = cosmosAt(chain);
    return { name: 'test', algo: 'secp256k1', bech32Address: address, pubKey: publicKey };
  },
  signArbitrary: (chain: string, _: string, text: string) =>
    answer(() => ({
      pub_key: { type: 'tendermint/PubKeySecp256k1', value: '' },
      signature: btoa(String.fromCharCode(...cosmosAt(chain).sign(text))),
    })),
};
Object.assign(window, { keplr });
