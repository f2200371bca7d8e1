import { Button } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { api } from '../../../api.ts';
import type { WayProps } from '../ways.ts';
import { SignWithWallet } from './wallets/SignWithWallet.tsx';

/** Signs in with a wallet; one that nobody has linked makes an account. An invitation is for an address, which a wallet does not have. */
export function WalletStep({ invitation, enter, onBack }: WayProps) {
  const t = useText();
  return (
    <>
      {invitation ? (
        <p>{t('wallet.invited')}</p>
      ) : (
        <SignWithWallet
          ask={async (body) => (await api()).wallets.challenge({ body })}
          finish={(body) => enter(async () => (await api()).wallets.signIn({ body }))}
          failed={t('signIn.failed')}
        />
      )}
      <Button variant="quiet" onClick={onBack}>
        {t('way.back')}
      </Button>
    </>
  );
}
