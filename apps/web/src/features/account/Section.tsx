import type { ReactNode } from 'react';

/** A part of a page of settings, with its heading and what it is for. */
export function Section({ id, title, text, children }: { id: string; title: string; text?: string; children: ReactNode }) {
  return (
    <section aria-labelledby={id} className="flex flex-col gap-3">
      <div className="flex flex-col gap-1">
        <h2 id={id} className="text-h2 font-semibold">
          {title}
        </h2>
        {text && <p className="text-body text-muted">{text}</p>}
      </div>
      {children}
    </section>
  );
}
