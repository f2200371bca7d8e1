import { ROLES } from '@privexbot/contract';
import type { Translate } from '@privexbot/ui/text/texts.ts';

const METHODS = ['password', 'link', 'passkey', 'evm', 'solana', 'cosmos', 'oidc', 'saml', 'ldap', 'jwt'] as const;
const FACTORS = ['totp', 'recovery'] as const;

type Facts = Readonly<Record<string, string | number | boolean>>;

/** The facts of an entry that its row says too: by which way, and as what. The others stand below it, as they are kept. */
export function factsInWords(t: Translate, { by, method, kind, way, role, from, to }: Facts): string[] {
  const waysIn = [by, method, kind, way].flatMap((value) => {
    const known = METHODS.find((one) => one === value);
    const factor = FACTORS.find((one) => one === value);
    return known ? [t(`method.${known}`)] : factor ? [t(`factor.${factor}`)] : [];
  });
  const [is, was, becomes] = [role, from, to].map((value) => ROLES.find((one) => one === value));
  const roles = is ? [t(`role.${is}`)] : was && becomes ? [t('audit.fromTo', { from: t(`role.${was}`), to: t(`role.${becomes}`) })] : [];
  return [...waysIn, ...roles];
}
