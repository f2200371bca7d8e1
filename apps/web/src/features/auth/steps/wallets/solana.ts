// Solana wallets by the Wallet Standard: they and the page meet whoever comes first.
import { ask, type FoundWallet, safeIcon, WalletProblem, type Watch } from './wallet.ts';

interface Account {
  readonly address: string;
  readonly chains: readonly string[];
}
interface Signed {
  readonly signedMessage: Uint8Array;
  readonly signature: Uint8Array;
}
interface Features {
  readonly 'standard:connect'?: { connect(): Promise<{ accounts: readonly Account[] }> };
  readonly 'solana:signIn'?: { signIn(...inputs: readonly object[]): Promise<readonly Signed[]> };
  readonly 'solana:signMessage'?: { signMessage(input: { account: Account; message: Uint8Array }): Promise<readonly Signed[]> };
}
interface StandardWallet {
  readonly name: string;
  readonly icon?: string;
  readonly chains: readonly string[];
  readonly features: Features;
}

const isSolana = (chain: string) => chain.startsWith('solana:');

export const watchSolana: Watch = (add, page = window) => {
  const register = (...wallets: readonly StandardWallet[]) => {
    for (const wallet of wallets) if (wallet.chains.some(isSolana) && canSign(wallet.features)) add(toWallet(wallet));
    return () => undefined;
  };
  const api = Object.freeze({ register });
  const onRegister = (event: Event) => (event as CustomEvent<(given: typeof api) => void>).detail(api);
  page.addEventListener('wallet-standard:register-wallet', onRegister);
  page.dispatchEvent(new CustomEvent('wallet-standard:app-ready', { detail: api }));
  return () => page.removeEventListener('wallet-standard:register-wallet', onRegister);
};

function canSign(features: Features): boolean {
  return Boolean(features['standard:connect'] && (features['solana:signIn'] || features['solana:signMessage']));
}

function toWallet({ name, icon, features }: StandardWallet): FoundWallet {
  return {
    id: `solana ${name}`,
    family: 'solana',
    name,
    ...safeIcon(icon),
    connect: () =>
      ask(async () => {
        const { accounts = [] } = (await features['standard:connect']?.connect()) ?? {};
        const account = accounts.find(({ chains }) => chains.some(isSolana));
        if (!account) throw new WalletProblem('no_account');
        return {
          asked: { family: 'solana', address: account.address },
          sign: ({ text, parts }) =>
            ask(async () => {
              // A wallet that writes the text itself also tells the person when the site is another one.
              const [signed] =
                (await features['solana:signIn']?.signIn(parts)) ??
                (await features['solana:signMessage']?.signMessage({ account, message: new TextEncoder().encode(text) })) ??
                [];
              if (!signed) throw new WalletProblem('unsupported');
              return { text: new TextDecoder().decode(signed.signedMessage), signature: signed.signature };
            }),
        };
      }),
  };
}
