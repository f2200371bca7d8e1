/** Everything about how people get in, a tab each. What a tab needs is fetched when it is opened. */
import { type MessageId, messageId } from '@privexbot/ui/text/texts.ts';
import type { ComponentType } from 'react';

export interface SetupTab {
  readonly id: string;
  readonly label: MessageId;
  readonly load: () => Promise<{ readonly default: ComponentType<{ readonly org: string }> }>;
}

/** In the order in which a company goes through them. */
export const SETUP_TABS: readonly SetupTab[] = [
  {
    id: 'domains',
    label: messageId('domains.title'),
    load: async () => ({ default: (await import('../domains/DomainsTab.tsx')).DomainsTab }),
  },
  {
    id: 'connections',
    label: messageId('sso.connections'),
    load: async () => ({ default: (await import('./ConnectionsTab.tsx')).ConnectionsTab }),
  },
  {
    id: 'attempts',
    label: messageId('sso.attempts'),
    load: async () => ({ default: (await import('./AttemptsTab.tsx')).AttemptsTab }),
  },
  {
    id: 'scim',
    label: messageId('scim.tab'),
    load: async () => ({ default: (await import('../scim/ScimTab.tsx')).ScimTab }),
  },
  {
    id: 'policies',
    label: messageId('policies.title'),
    load: async () => ({ default: (await import('../policies/PoliciesTab.tsx')).PoliciesTab }),
  },
];
