import { useEffect, useState } from 'react';
import { countOf, type DocumentInfo, STALL_MS } from './document-state.ts';

/** Whether nothing about a working document has changed for a minute. */
export function useStalled(document: DocumentInfo, working: boolean): boolean {
  const [stalled, setStalled] = useState(false);
  const sign = `${document.state} ${countOf(document)?.done ?? ''}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: any sign of progress starts the minute again
  useEffect(() => {
    setStalled(false);
    if (!working) return;
    const timer = setTimeout(() => setStalled(true), STALL_MS);
    return () => clearTimeout(timer);
  }, [sign, working]);
  return stalled;
}
