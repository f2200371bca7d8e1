import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { Link, type LinkProps, useRouterState } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';

interface PageProps {
  title: string;
  /** For the tab, where the visible title holds a person's words. */
  tabTitle?: string;
  /** The way here, outermost first; the page itself is not in it. */
  trail?: readonly { label: string; link: LinkProps }[];
  /** Beside the title: state, destinations. */
  beside?: ReactNode;
  /** At the inline end: one primary action. */
  action?: ReactNode;
  children: ReactNode;
}

let firstPage = true;

/** A screen: the way here, its one heading, its main action, its content. Focus moves to the heading when the address changes. */
export function Page({ title, tabTitle, trail = [], beside, action, children }: PageProps) {
  const t = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  const pathname = useRouterState({ select: (state) => state.location.pathname });

  useEffect(() => {
    document.title = t('page.title', { page: tabTitle ?? title });
  }, [t, tabTitle, title]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: focus follows the address, not every change of the title
  useEffect(() => {
    if (firstPage) firstPage = false;
    else heading.current?.focus({ preventScroll: true });
  }, [pathname]);

  return (
    <div className="mx-auto flex w-full max-w-6xl min-w-0 flex-1 flex-col gap-5 p-4 md:p-6">
      <header className="flex flex-wrap items-end justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          {trail.length > 0 && (
            <nav aria-label={t('page.trail')}>
              <ol className="flex flex-wrap items-center gap-1 text-dense text-muted">
                {trail.map(({ label, link }) => (
                  <li key={label} className="inline-flex items-center gap-1">
                    <Link {...link} className="hover:text-ink hover:underline">
                      <bdi>{label}</bdi>
                    </Link>
                    <Icon of={ChevronRight} mirror />
                  </li>
                ))}
              </ol>
            </nav>
          )}
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 ref={heading} tabIndex={-1} dir="auto" className="text-h1 font-semibold break-words text-ink">
              {title}
            </h1>
            {beside}
          </div>
        </div>
        {action && <div className="flex flex-wrap items-center gap-2">{action}</div>}
      </header>
      {children}
    </div>
  );
}
