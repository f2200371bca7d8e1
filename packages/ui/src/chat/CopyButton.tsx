import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../base/Button.tsx';
import { Icon } from '../base/Icon.tsx';
import { useText } from '../text/TextProvider.tsx';

/** Copies a text and says that it did, in place. */
export function CopyButton({ text, label, className = '' }: { text: string; label?: string; className?: string }) {
  const t = useText();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const name = label ?? t('copy.action');
  return (
    <Button
      variant={label ? 'secondary' : 'quiet'}
      size={label ? 'md' : 'icon'}
      className={className}
      title={name}
      aria-label={label ? undefined : name}
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      <Icon of={copied ? Check : Copy} />
      {label}
      <span role="status" className="sr-only">
        {copied ? t('copy.done') : ''}
      </span>
    </Button>
  );
}
