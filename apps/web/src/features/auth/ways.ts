/**
 * Every way in, as data. The pages of sign-in and sign-up show this table; what a way needs is fetched when it is chosen, with
 * its words (`parts.ways` in `vite.config.ts`), so that a new way costs the first page its name and no more.
 */
import type { Account } from '@privexbot/contract';
import { messageId } from '@privexbot/ui/text/texts.ts';
import type { ComponentType } from 'react';
import type * as z from 'zod';
import type { api } from '../../api.ts';
import type { Options } from './use-options.ts';

/** What fits the typed address; the same for people who are known here and who are not. */
export type Start = Awaited<ReturnType<Awaited<ReturnType<typeof api>>['credentials']['start']>>;

export interface WayProps {
  /** What was typed; empty for ways that need no address. */
  readonly email: string;
  /** Whether a new account is wanted; ways that tell new people from known ones by themselves need not look. */
  readonly signUp: boolean;
  /** Token of an invitation to join by. */
  readonly invitation: string | undefined;
  readonly options: Options | undefined;
  /** Identity providers of the organization that owns the address' domain. */
  readonly connections: Start['connections'];
  /** Runs the call that signs in, then goes where the person wanted to be, or to the second step. Throws what the call throws. */
  readonly enter: (call: () => Promise<z.output<typeof Account>>) => Promise<void>;
  /** Back to the first step, with what was typed. */
  readonly onBack: () => void;
}

export interface Way {
  readonly id: string;
  readonly label: ReturnType<typeof messageId>;
  /** After an address was typed, or by a button of its own on the first page. */
  readonly at: 'address' | 'button';
  /** Whether it fits the typed address; the first that does is shown, the others are offered below it. */
  readonly fits?: (start: Start) => boolean;
  /** Whether it is a button on the page of sign-up too. */
  readonly signsUp?: true;
  /** Whether it can work in this browser, on this server. */
  readonly isOffered?: (options: Options | undefined) => boolean;
  readonly load: () => Promise<ComponentType<WayProps>>;
}

/** In the order in which the page shows them. */
export const WAYS: readonly Way[] = [
  {
    id: 'connection',
    label: messageId('connection.way'),
    at: 'address',
    fits: ({ connections }) => connections.length > 0,
    load: async () => (await import('./steps/ConnectionStep.tsx')).ConnectionStep,
  },
  {
    id: 'password',
    label: messageId('auth.password'),
    at: 'address',
    fits: ({ ways }) => ways.includes('password'),
    load: async () => (await import('./steps/PasswordStep.tsx')).PasswordStep,
  },
  {
    id: 'link',
    label: messageId('way.link'),
    at: 'address',
    fits: ({ ways }) => ways.includes('link'),
    signsUp: true,
    isOffered: (options) => options?.mail === true,
    load: async () => (await import('./steps/LinkStep.tsx')).LinkStep,
  },
  {
    id: 'passkey',
    label: messageId('way.passkey'),
    at: 'button',
    signsUp: true,
    isOffered: () => typeof PublicKeyCredential === 'function',
    load: async () => (await import('./steps/PasskeyStep.tsx')).PasskeyStep,
  },
  {
    id: 'wallet',
    label: messageId('wallet.way'),
    at: 'button',
    signsUp: true,
    load: async () => (await import('./steps/WalletStep.tsx')).WalletStep,
  },
];
