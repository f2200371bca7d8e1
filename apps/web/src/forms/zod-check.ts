import type { Translate } from '@privexbot/ui/text/texts.ts';
import type * as z from 'zod';

/** Sentences for the fields a contract schema refuses, in the person's language. */
export function zodCheck<V>(schema: z.ZodType, t: Translate, values: V): { [K in keyof V]?: string } {
  const result = schema.safeParse(values);
  if (result.success) return {};
  const problems: Record<PropertyKey, string> = {};
  for (const issue of result.error.issues) {
    const field = issue.path[0];
    if (field !== undefined) problems[field] ??= sentence(t, issue);
  }
  return problems as { [K in keyof V]?: string };
}

function sentence(t: Translate, issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return Number(issue.minimum) <= 1 ? t('form.empty') : t('form.tooShort', { minimum: Number(issue.minimum) });
    case 'too_big':
      return t('form.tooLong', { maximum: Number(issue.maximum) });
    case 'invalid_format':
      if (issue.format === 'email') return t('form.email');
      if (issue.format === 'url') return t('form.url');
      return t('form.format');
    default:
      return t('form.format');
  }
}
