import { type Id, type IdKind, idSchema } from '@privexbot/contract';
import { UsageError } from './command.ts';

/** @throws UsageError if the text is no id of this kind */
export function toId<K extends IdKind>(kind: K, text: string): Id<K> {
  const { success, data, error } = idSchema(kind).safeParse(text);
  if (!success) throw new UsageError(`${error.issues[0]?.message ?? 'not an id'}`);
  return data;
}
