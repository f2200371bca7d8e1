import type { Target } from './target.ts';
export async function alteredChannel(): Promise<Target[]> {
  return [];
}
export async function hostileChannel(): Promise<Target[]> {
  return [];
}
