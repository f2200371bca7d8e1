/** Says the difference between two versions in words people know from the form. */
import type { Change as ChangeSchema } from '@privexbot/contract';
import { type MessageId, messageId, type Translate } from '@privexbot/ui/text/texts.ts';
import type * as z from 'zod';

export type Change = z.output<typeof ChangeSchema>;

export interface ChangeWords {
  t: Translate;
  list: (values: readonly string[]) => string;
  /** Names of knowledge bases and models by id. */
  names: ReadonlyMap<string, string>;
}

const FIELDS: Record<string, MessageId> = {
  name: messageId('bots.name'),
  instructions: messageId('bots.instructions'),
  greeting: messageId('bots.greeting'),
  suggestedQuestions: messageId('bots.questions'),
  tone: messageId('bots.tone'),
  language: messageId('bots.language'),
  knowledgeBases: messageId('bots.section.knowledge'),
  model: messageId('bots.model'),
  answerStyle: messageId('bots.style'),
  whenUnsure: messageId('bots.whenUnsure'),
  look: messageId('bots.section.look'),
  'look.colour': messageId('bots.colour'),
  'look.title': messageId('bots.title'),
  maxOutputTokens: messageId('bots.maxTokens'),
  temperature: messageId('bots.temperature'),
};

/** The label the field has in the form; a field this release does not know keeps its own name. */
export function fieldName(t: Translate, field: string): string {
  const id = FIELDS[field];
  return id ? t(id) : field;
}

export function describeValue({ t, list, names }: ChangeWords, field: string, value: unknown): string {
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) return t('bots.nothing');
  if (Array.isArray(value)) return list(value.map((item) => names.get(String(item)) ?? String(item)));
  if (typeof value === 'object') return list(Object.values(value).filter(Boolean).map(String));
  if (field === 'tone') return t(`bots.tone.${value as 'neutral'}`);
  if (field === 'answerStyle') return t(`bots.style.${value as 'short'}`);
  if (field === 'language' && value === 'auto') return t('bots.languageAuto');
  return names.get(String(value)) ?? String(value);
}
