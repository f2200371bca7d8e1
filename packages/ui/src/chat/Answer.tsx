import { lazy, Suspense } from 'react';
import type { RenderCitation } from './markdown/Markdown.tsx';

const loadMarkdown = () => import('./markdown/Markdown.tsx');
const Markdown = lazy(async () => ({ default: (await loadMarkdown()).Markdown }));

/** Fetches the Markdown renderer before the first answer needs it. */
export function preloadMarkdown(): void {
  void loadMarkdown();
}

/** An answer's text; plain until the renderer has arrived. */
export function Answer({ text, cite }: { text: string; cite: RenderCitation }) {
  return (
    <Suspense
      fallback={
        <p dir="auto" className="text-reading whitespace-pre-wrap">
          {text}
        </p>
      }
    >
      <Markdown text={text} cite={cite} />
    </Suspense>
  );
}
