import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import { type Failure, failureText } from '../failure.ts';
import { useText } from '../text/TextProvider.tsx';

/** What happened · what it means for your data · what to do · reference. `title` names the act that failed. */
export function ErrorNote({
  title,
  failure,
  onRetry,
  children,
}: {
  title: string;
  failure: Failure;
  onRetry?: (() => void) | undefined;
  children?: ReactNode;
}) {
  const t = useText();
  return (
    <div role="alert" className="flex gap-3 rounded-card border border-danger bg-danger-soft p-3 text-body text-ink">
      <Icon of={CircleAlert} size={20} className="text-danger" />
      <div className="flex min-w-0 flex-1 flex-col items-start gap-1">
        <p className="font-medium text-danger">{title}</p>
        <p>{failureText(t, failure)}</p>
        {failure.reference && (
          <p className="text-dense text-muted">
            {t('error.reference')} <bdi className="font-mono">{failure.reference}</bdi>
          </p>
        )}
        {children}
        {onRetry && (
          <Button size="sm" className="mt-1" onClick={onRetry}>
            {t('error.tryAgain')}
          </Button>
        )}
      </div>
    </div>
  );
}
