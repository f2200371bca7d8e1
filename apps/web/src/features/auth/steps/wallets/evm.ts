// Ethereum wallets: found as EIP-6963 says, asked as EIP-1193 says.
import { ask, type FoundWallet, safeIcon, WalletProblem, type Watch } from './wallet.ts';

interface Provider {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
}

interface Announcement {
  readonly info: { readonly uuid: string; readonly name: string; readonly icon?: string };
  readonly provider: Provider;
}

export const watchEvm: Watch = (add, page = window) => {
  let count = 0;
  const onAnnounce = (event: Event) => {
    const { info, provider } = (event as CustomEvent<Announcement>).detail;
    count++;
    add(toWallet(info.uuid, info.name, provider, info.icon));
  };
  page.addEventListener('eip6963:announceProvider', onAnnounce);
  page.dispatchEvent(new Event('eip6963:requestProvider'));
  // Older wallets are only there.
  const { ethereum } = page as { ethereum?: Provider };
  if (count === 0 && ethereum) add(toWallet('ethereum', '', ethereum));
  return () => page.removeEventListener('eip6963:announceProvider', onAnnounce);
};

function toWallet(id: string, name: string, provider: Provider, icon?: string): FoundWallet {
  return {
    id: `evm ${id}`,
    family: 'evm',
    name,
    ...safeIcon(icon),
    connect: () =>
      ask(async () => {
        const [address] = (await provider.request({ method: 'eth_requestAccounts' })) as string[];
        if (!address) throw new WalletProblem('no_account');
        const chain = (await provider.request({ method: 'eth_chainId' })) as string;
        return {
          asked: { family: 'evm', address, chainId: BigInt(chain).toString() },
          sign: ({ text, parts }) =>
            ask(async () => {
              const params = [`0x${toHex(new TextEncoder().encode(text))}`, parts.address];
              const signature = (await provider.request({ method: 'personal_sign', params })) as string;
              return { text, signature: fromHex(signature.slice(2)) };
            }),
        };
      }),
  };
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
