import type { ReactNode } from 'react';

const TONES = {
  neutral: 'bg-sunken text-muted',
  accent: 'bg-accent-soft text-accent-text',
  success: 'bg-success-soft text-success',
  warning: 'bg-warning-soft text-warning',
  danger: 'bg-danger-soft text-danger',
  info: 'bg-info-soft text-info',
} as const;

export type Tone = keyof typeof TONES;

/** A state in a word. Its border is transparent until forced colours take the fill away. */
export function Chip({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-chip border border-transparent px-1.5 py-0.5 text-caption font-medium ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
