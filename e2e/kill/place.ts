import type { BotId, KnowledgeBaseId, OrgId, WorkspaceId } from '@privexbot/contract';

/** Where the writer writes. */
export interface Place {
  readonly url: string;
  readonly apiKey: string;
  readonly org: OrgId;
  readonly workspace: WorkspaceId;
  readonly knowledge: KnowledgeBaseId;
  readonly bot: BotId;
  readonly slug: string;
}

/** A text that is found by `word` alone, `sentences` long. */
export function textOf(word: string, sentences: number): string {
  const filler = Array.from({ length: sentences }, (_, at) => `Employees earn ${at} days of leave in a year, says paragraph ${at}.`);
  return `The code of this text is ${word}.\n\n${filler.join(' ')}`;
}
