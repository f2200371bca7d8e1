import { type Call, type Contract, type Output, PERMISSIONS, type Permission } from '@privexbot/contract';

export type Key = Output<Contract['apiKeys']['list']>[number];
export type AnyKey = Key & Partial<Pick<Output<Contract['apiKeys']['listAll']>[number], 'userName'>>;
export type NewKey = Call<Contract['apiKeys']['create']>['body'];
export type Service = Output<Contract['serviceAccounts']['list']>[number];

const DAY_MS = 24 * 60 * 60_000;

/** For how long a key may be made. */
export const LIFETIMES = ['30', '90', '365', 'never'] as const;
export type Lifetime = (typeof LIFETIMES)[number];

export function expiryOf(lifetime: Lifetime, now = new Date()): string | undefined {
  return lifetime === 'never' ? undefined : new Date(now.getTime() + Number(lifetime) * DAY_MS).toISOString();
}

export function isOver({ expiresAt }: Pick<Key, 'expiresAt'>, now = new Date()): boolean {
  return expiresAt !== undefined && new Date(expiresAt) <= now;
}

/** Enough to ask bots and models, as most programs do. */
export const ASKING: readonly Permission[] = ['ai.invoke', 'data.read'];

/** The permissions that a role holds, in the order of the table. */
export function permissionsWith(can: (permission: Permission) => boolean): Permission[] {
  return (Object.keys(PERMISSIONS) as Permission[]).filter(can);
}

/** One network a line. */
export function readNetworks(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Near enough to tell at once what is no network; the server reads it exactly. */
export function isNetwork(text: string): boolean {
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]+)(?:\/\d{1,3})?$/i.test(text);
}
