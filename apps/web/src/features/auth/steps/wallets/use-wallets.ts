import { useEffect, useState } from 'react';
import { watchCosmos } from './cosmos.ts';
import { watchEvm } from './evm.ts';
import { watchSolana } from './solana.ts';
import type { FoundWallet } from './wallet.ts';

/** The wallets of this browser, also those that come late. */
export function useWallets(): readonly FoundWallet[] {
  const [found, setFound] = useState<readonly FoundWallet[]>([]);
  useEffect(() => {
    const add = (wallet: FoundWallet) => setFound((known) => (known.some(({ id }) => id === wallet.id) ? known : [...known, wallet]));
    const stops = [watchEvm, watchSolana, watchCosmos].map((watch) => watch(add));
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  return found;
}
