import { Button } from '@privexbot/ui/base/Button.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';

/** The address that was typed, and the way back to type another. Password managers look for it in the form. */
export function AddressLine({ email, onBack }: { email: string; onBack: () => void }) {
  const t = useText();
  return (
    <div className="flex items-center justify-between gap-2">
      <bdi className="min-w-0 truncate">{email}</bdi>
      <input type="hidden" name="username" autoComplete="username" value={email} />
      <Button variant="quiet" size="sm" onClick={onBack}>
        {t('signIn.otherAddress')}
      </Button>
    </div>
  );
}
