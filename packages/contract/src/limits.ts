const KiB = 1024;
const MiB = 1024 * KiB;

/** Limits that callers meet. Sizes in bytes, text lengths in UTF-16 units. */
export const LIMITS = {
  jsonBodyBytes: 1 * MiB,
  uploadPartBytes: 1 * MiB,
  documentBytes: 100 * MiB,
  modelFileBytes: 32 * 1024 * MiB,
  questionLength: 8_000,
  historyMessages: 100,
  nameLength: 120,
  instructionsLength: 20_000,
  greetingLength: 1_000,
  suggestedQuestions: 6,
  pastedTextLength: 800_000,
  passkeys: 20,
  passwordMinLength: 10,
  passwordMaxLength: 200,
  pageSize: 100,
  invitationsAtOnce: 200,
  workspaceEntries: 500,
  embeddingInputs: 256,
} as const;

/** How long after a sign-in, or after proving again who one is, calls that ask for a fresh one go through. */
export const FRESH_MS = 10 * 60_000;

/** How often one caller may use a class of endpoint: a bucket of `burst` calls, refilled with `perMinute`. */
export const RATES = {
  'sign-in': { perMinute: 10, burst: 10 },
  /** Of one account, from all devices together on which nobody signed in to it before. */
  'sign-in-elsewhere': { perMinute: 10, burst: 30 },
  /** The question before a sign-in; guessing is limited where it is answered. */
  challenge: { perMinute: 60, burst: 30 },
  handshake: { perMinute: 600, burst: 200 },
  /** What directories send, or browsers on their way back from them. */
  directory: { perMinute: 240, burst: 120 },
  /** Mails of one person to people who may never have heard of the organization; each counts, however many one call sends. */
  invitation: { perMinute: 30, burst: 1_000 },
  read: { perMinute: 6_000, burst: 1_000 },
  write: { perMinute: 1_200, burst: 300 },
  upload: { perMinute: 12_000, burst: 2_000 },
  /** Of one token: directories send everybody at once. */
  scim: { perMinute: 60_000, burst: 5_000 },
  invoke: { perMinute: 6_000, burst: 600 },
  /** Of the whole environment: each moves every key. */
  rotation: { perMinute: 1, burst: 10 },
  'public-chat': { perMinute: 60, burst: 30 },
} as const;

export type RateClass = keyof typeof RATES;

/** How many times as fast as one caller all callers of an organization may be together. */
export const RATE_OF_ORGANIZATION = 50;
