import { LanguagePicker } from '@privexbot/ui/text/LanguagePicker.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { ClosedNote } from '@privexbot/ui/verification/ClosedNote.tsx';
import { Shield } from '@privexbot/ui/verification/Shield.tsx';
import { type ReactNode, useEffect, useRef } from 'react';

/** The frame of the pages one sees before being signed in: small, without the app's menus. */
export function AuthPage({ title, children, footer, wide }: { title: string; children: ReactNode; footer?: ReactNode; wide?: boolean }) {
  const t = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = t('page.title', { page: title });
  }, [t, title]);
  return (
    <div className="flex min-h-window flex-col">
      <header className="flex items-center justify-between gap-4 p-4">
        <span className="text-reading font-semibold">PrivexBot</span>
        <LanguagePicker />
      </header>
      <main className={`mx-auto flex w-full ${wide ? 'max-w-4xl' : 'max-w-sm'} flex-1 flex-col gap-6 p-4 pt-[8dvh]`}>
        <h1 ref={heading} tabIndex={-1} className="text-h1 font-semibold">
          {title}
        </h1>
        <ClosedNote />
        {children}
        {footer && <div className="flex flex-col gap-2 text-body text-muted">{footer}</div>}
        <Shield className="self-start" />
      </main>
    </div>
  );
}
