import type { Translate } from '@privexbot/ui/text/texts.ts';

/** The built-in choice is named in the person's language; others keep the name an Admin gave them. */
export function modelName(t: Translate, { id, name }: { id: string; name: string }): string {
  return id === 'grounded' ? t('models.grounded') : name;
}
