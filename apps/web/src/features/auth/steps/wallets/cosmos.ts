// Cosmos wallets, all of which speak as Keplr does, each under a name of its own.
import { ask, type FoundWallet, fromBase64, WalletProblem, type Watch } from './wallet.ts';

interface Keplr {
  enable(chain: string): Promise<void>;
  getKey(chain: string): Promise<{ bech32Address: string; pubKey: Uint8Array }>;
  signArbitrary(chain: string, signer: string, text: string): Promise<{ signature: string; pub_key: { value: string } }>;
}

interface Injected {
  readonly keplr?: Keplr;
  readonly leap?: Keplr;
  readonly cosmostation?: { readonly providers?: { readonly keplr?: Keplr } };
  readonly okxwallet?: { readonly keplr?: Keplr };
}

const PLACES: readonly { name: string; find: (page: Injected) => Keplr | undefined }[] = [
  { name: 'Keplr', find: ({ keplr }) => keplr },
  { name: 'Leap', find: ({ leap }) => leap },
  { name: 'Cosmostation', find: ({ cosmostation }) => cosmostation?.providers?.keplr },
  { name: 'OKX', find: ({ okxwallet }) => okxwallet?.keplr },
];

/** An account is the same on each; a wallet may know some of them only. */
export const COSMOS_CHAINS = {
  'cosmoshub-4': 'Cosmos Hub',
  'osmosis-1': 'Osmosis',
  'secret-4': 'Secret Network',
  celestia: 'Celestia',
  'akashnet-2': 'Akash',
  'juno-1': 'Juno',
} as const;

export const watchCosmos: Watch = (add, page = window) => {
  const seen = new Set<Keplr>();
  for (const { name, find } of PLACES) {
    const keplr = find(page as Injected);
    // Some put themselves in the place of others too.
    if (keplr && !seen.has(keplr)) add(toWallet(name, keplr));
    if (keplr) seen.add(keplr);
  }
  return () => undefined;
};

function toWallet(name: string, keplr: Keplr): FoundWallet {
  return {
    id: `cosmos ${name}`,
    family: 'cosmos',
    name,
    connect: ({ cosmosChain: chainId }) =>
      ask(async () => {
        await keplr.enable(chainId);
        const { bech32Address: address, pubKey } = await keplr.getKey(chainId);
        if (!address) throw new WalletProblem('no_account');
        return {
          asked: { family: 'cosmos', address, chainId },
          sign: ({ text }) =>
            ask(async () => {
              const { signature } = await keplr.signArbitrary(chainId, address, text);
              return { text, signature: fromBase64(signature), publicKey: pubKey };
            }),
        };
      }),
  };
}
