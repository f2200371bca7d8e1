import { Button } from '@privexbot/ui/base/Button.tsx';
import { Select } from '@privexbot/ui/base/Field.tsx';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useEffect, useRef, useState } from 'react';
import { toFailure } from '../../../../api.ts';
import { COSMOS_CHAINS } from './cosmos.ts';
import { NotSigned } from './NotSigned.tsx';
import { useWallets } from './use-wallets.ts';
import { type Asked, type Challenge, type ConnectedWallet, type Family, type FoundWallet, toBase64Url, WalletProblem } from './wallet.ts';

interface Answer {
  readonly challenge: string;
  readonly text: string;
  readonly signature: string;
  readonly publicKey?: string;
}

interface Props {
  /** Fetches the text to sign. */
  readonly ask: (asked: Asked) => Promise<Challenge>;
  /** Hands the signed text in. Throws what the call throws. */
  readonly finish: (answer: Answer) => Promise<void>;
  /** What did not happen, before the reason. */
  readonly failed: string;
}

interface Reading {
  readonly wallet: FoundWallet;
  readonly connected: ConnectedWallet;
  readonly challenge: Challenge;
}

const FAMILIES: readonly Family[] = ['evm', 'solana', 'cosmos'];
type Chain = keyof typeof COSMOS_CHAINS;
const CHAINS = Object.entries(COSMOS_CHAINS).map(([value, label]) => ({ value: value as Chain, label }));

/** Chooses a wallet, shows the exact text before it is signed, and has it signed. */
export function SignWithWallet({ ask, finish, failed }: Props) {
  const t = useText();
  const wallets = useWallets();
  const heading = useRef<HTMLHeadingElement>(null);
  const [chain, setChain] = useState<Chain>('cosmoshub-4');
  const [waiting, setWaiting] = useState<FoundWallet>();
  const [reading, setReading] = useState<Reading>();
  const [problem, setProblem] = useState<{ wallet: FoundWallet; thrown: unknown }>();
  const step = reading ? 'read' : 'choose';
  const nameOf = ({ name }: FoundWallet) => name || t('wallet.unnamed');

  useEffect(() => {
    if (step) heading.current?.focus();
  }, [step]);

  async function run(wallet: FoundWallet, work: () => Promise<void>): Promise<void> {
    if (waiting) return;
    setWaiting(wallet);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem({ wallet, thrown: error });
    } finally {
      setWaiting(undefined);
    }
  }

  const choose = (wallet: FoundWallet) =>
    run(wallet, async () => {
      const connected = await wallet.connect({ cosmosChain: chain });
      setReading({ wallet, connected, challenge: await ask(connected.asked) });
    });

  const sign = ({ wallet, connected, challenge }: Reading) =>
    run(wallet, async () => {
      const { text, signature, publicKey } = await connected.sign(challenge);
      const key = publicKey && { publicKey: toBase64Url(publicKey) };
      try {
        await finish({ challenge: challenge.challenge, text, signature: toBase64Url(signature), ...key });
      } catch (error) {
        // Handed in, a text is used up, whatever came of it.
        setReading(undefined);
        throw error;
      }
    });

  const note = problem && showProblem(problem);

  function showProblem({ wallet, thrown }: { wallet: FoundWallet; thrown: unknown }) {
    if (!(thrown instanceof WalletProblem)) return <ErrorNote title={failed} failure={toFailure(thrown)} />;
    return <NotSigned title={t('wallet.unsigned')}>{t(`wallet.problem.${thrown.code}`, { name: nameOf(wallet) })}</NotSigned>;
  }

  if (reading) {
    return (
      <section className="flex flex-col gap-4">
        <h2 ref={heading} tabIndex={-1} className="text-h2 font-semibold">
          {t('wallet.read')}
        </h2>
        <p>{t('wallet.readText', { name: nameOf(reading.wallet) })}</p>
        <pre dir="ltr" className="rounded-control border border-line bg-sunken p-2 font-mono text-dense wrap-anywhere whitespace-pre-wrap">
          {reading.challenge.text}
        </pre>
        {note}
        <Button variant="primary" busy={waiting !== undefined} onClick={() => void sign(reading)}>
          {t('wallet.sign', { name: nameOf(reading.wallet) })}
        </Button>
        <p role="status" className="text-dense text-muted">
          {waiting && t('wallet.signing', { name: nameOf(waiting) })}
        </p>
        <Button variant="quiet" onClick={() => setReading(undefined)}>
          {t('wallet.other')}
        </Button>
      </section>
    );
  }
  return (
    <section className="flex flex-col gap-4">
      <h2 ref={heading} tabIndex={-1} className="text-h2 font-semibold">
        {wallets.length > 0 ? t('wallet.choose') : t('wallet.none')}
      </h2>
      {wallets.length === 0 && <p>{t('wallet.noneText')}</p>}
      {note}
      {FAMILIES.map((family) => {
        const those = wallets.filter((wallet) => wallet.family === family);
        return (
          those.length > 0 && (
            <div key={family} className="flex flex-col gap-2">
              <h3 className="text-body font-medium text-muted">{t(`wallet.family.${family}`)}</h3>
              {family === 'cosmos' && (
                <Select label={t('wallet.chain')} help={t('wallet.chainHelp')} value={chain} options={CHAINS} onValueChange={setChain} />
              )}
              {those.map((wallet) => (
                <Button key={wallet.id} className="justify-start!" busy={waiting?.id === wallet.id} onClick={() => void choose(wallet)}>
                  {wallet.icon && <img src={wallet.icon} alt="" width={20} height={20} />}
                  <bdi>{nameOf(wallet)}</bdi>
                </Button>
              ))}
            </div>
          )
        );
      })}
      <p role="status" className="text-dense text-muted">
        {waiting && t('wallet.connecting', { name: nameOf(waiting) })}
      </p>
    </section>
  );
}
