/** What a page and its channel worker say to each other. Bodies travel as transferred buffers, so nothing is copied and nothing is kept twice. */
import type { EnvironmentVerdict } from '@privexbot/attestation';

export interface ChannelSettings {
  /** base64url of the identity key that the link or the host page names; another one is refused. */
  readonly pin?: string;
}

type Headers = readonly (readonly [name: string, value: string])[];

export type ToWorker =
  | { do: 'open'; settings: ChannelSettings }
  | { do: 'check'; fresh: boolean }
  | { do: 'evidence'; id: number }
  | { do: 'forget'; id: number }
  | { do: 'request'; id: number; method: string; path: string; headers: Headers; body: ArrayBuffer | null }
  /** Asks for the next piece of the response's body. */
  | { do: 'pull'; id: number }
  /** The page wants no more of this request. */
  | { do: 'leave'; id: number };

/** An error as it crosses: its code decides, its message is for logs. */
export interface CrossedError {
  readonly code: string;
  readonly message: string;
}

export type FromWorker =
  | { is: 'checking' }
  | { is: 'checked'; verdict: EnvironmentVerdict; keyWords?: string; wasVerified: boolean | undefined }
  | { is: 'unreachable' }
  | { is: 'evidence'; id: number; evidence: unknown }
  | { is: 'forgotten'; id: number }
  | { is: 'head'; id: number; status: number; headers: Headers; hasBody: boolean }
  | { is: 'piece'; id: number; bytes: ArrayBuffer }
  | { is: 'end'; id: number }
  | { is: 'failed'; id: number; error: CrossedError };
