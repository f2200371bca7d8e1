import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link, useParams } from '@tanstack/react-router';
import { useUploads } from './UploadsContext.tsx';

/** Says on every other screen that files are still being sent, and leads back to them. */
export function UploadTray() {
  const t = useText();
  const { items } = useUploads();
  const { knowledge } = useParams({ strict: false });
  const running = items.filter((item) => item.state === 'waiting' || item.state === 'sending');
  const elsewhere = running.find((item) => item.target.knowledge !== knowledge);
  if (!elsewhere) return null;
  return (
    <Link
      to="/o/$org/w/$workspace/knowledge/$knowledge"
      params={elsewhere.target}
      className="fixed start-4 bottom-4 z-20 rounded-full border border-control bg-raised px-4 py-2 text-body text-accent-text shadow-popover hover:underline md:start-64"
    >
      {t('upload.running', { running: running.length })}
    </Link>
  );
}
