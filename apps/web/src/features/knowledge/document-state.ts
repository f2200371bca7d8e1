/** Where a document stands, as stages people can follow. Pure. */
import type { contract, Output } from '@privexbot/contract';
import type { Stage } from '@privexbot/ui/state/StageProgress.tsx';
import type { Translate } from '@privexbot/ui/text/texts.ts';

export type DocumentInfo = Output<(typeof contract)['knowledge']['document']>;

const STAGES = ['received', 'reading', 'answerable', 'meaning'] as const;

/** Received, read, answerable by words, found by meaning too. A failed or cancelled document stops where it was. */
export function stagesOf(t: Translate, document: DocumentInfo): Stage[] {
  const at = reached(document);
  const halted = document.state === 'failed' || document.state === 'cancelled';
  return STAGES.map((id, index): Stage => {
    const state = index < at ? 'done' : index > at || document.state === 'queued' ? 'waiting' : halted ? 'failed' : 'active';
    return { id, label: t(`document.stage.${id}`), state };
  });
}

/** How many stages lie behind the document. */
function reached({ state, passages, embedded }: DocumentInfo): number {
  if (state !== 'ready') return 1;
  return embedded < passages ? 3 : STAGES.length;
}

/** What is being counted now, if anything: pages read, then passages made findable by meaning. */
export function countOf(document: DocumentInfo): { done: number; total: number; unit: string } | undefined {
  if (document.state === 'reading') return document.progress;
  if (document.state === 'ready' && document.embedded < document.passages) {
    return { done: document.embedded, total: document.passages, unit: 'passages' };
  }
  return undefined;
}

/** Time without any change after which a stage counts as stalled. */
export const STALL_MS = 60_000;
