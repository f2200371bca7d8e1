import type { ReactNode } from 'react';

/** A part of a set-up, with what it is for. */
export function Step({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-4 rounded-card border border-line bg-surface p-4">
      <div className="flex flex-col gap-1">
        <h3 className="text-body font-semibold">{title}</h3>
        <p className="max-w-[72ch] text-body text-muted">{text}</p>
      </div>
      {children}
    </section>
  );
}
