import type { SsoConnection } from '@privexbot/contract';
import { Icon } from '@privexbot/ui/base/Icon.tsx';
import { useTexts } from '@privexbot/ui/text/TextProvider.tsx';
import { CircleAlert } from 'lucide-react';
import { type Ending, endingsOf } from './certificates.ts';

/** Which certificates end soon, what that means for people, and what to do. */
export function CertificateNotes({ connection }: { connection: Pick<SsoConnection, 'kind' | 'expiresAt' | 'ownExpiresAt'> }) {
  const { t, formats } = useTexts();
  const { kind } = connection;
  const title = ({ of, hasEnded, at }: Ending) =>
    t(`sso.certificate.${hasEnded ? (`${of}Ended` as const) : of}`, { date: formats.dateTime(at) });
  return endingsOf(connection).map((ending) => (
    <div
      key={ending.of}
      role="status"
      className={`flex gap-3 rounded-card border p-3 text-body ${ending.hasEnded ? 'border-danger bg-danger-soft' : 'border-warning bg-warning-soft'}`}
    >
      <Icon of={CircleAlert} size={20} className={ending.hasEnded ? 'text-danger' : 'text-warning'} />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className={`font-medium ${ending.hasEnded ? 'text-danger' : 'text-warning'}`}>{title(ending)}</p>
        <p className="max-w-[72ch]">
          {ending.of === 'own' ? t('sso.certificate.ownText') : t(`sso.certificate.${kind === 'ldap' ? 'ldap' : 'saml'}`)}
        </p>
      </div>
    </div>
  ));
}
