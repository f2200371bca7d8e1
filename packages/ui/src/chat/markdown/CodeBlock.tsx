import { CopyButton } from '../CopyButton.tsx';

/** Code as it was written, left to right in every language, with a button to copy it. */
export function CodeBlock({ text }: { text: string }) {
  return (
    <div className="relative">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (axe scrollable-region-focusable) */}
      <pre dir="ltr" tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} className="absolute end-1 top-1" />
    </div>
  );
}
