import * as z from 'zod';
import { ErrorCode } from './error-codes.ts';

interface Failure {
  /** HTTP status. */
  readonly status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 502 | 503 | 504 | 507;
  /** Says what happened and what to do; never holds user content. `{name}` is filled from the error's details. */
  readonly message: string;
  /** Whether the same call may succeed later without a change. */
  readonly retry: boolean;
}

/** Every expected failure. Status, public message and retry advice hang from the code. */
export const ERRORS = {
  bad_request: { status: 400, message: 'The request is not of the form this endpoint takes: {problem}.', retry: false },
  not_signed_in: { status: 401, message: 'Sign in first, or send an API key.', retry: false },
  device_refused: {
    status: 403,
    message: 'The proof of the device’s key is not for this sealed session, or the session has another device. Open a new one.',
    retry: false,
  },
  device_required: {
    status: 401,
    message: 'Prove the key of this device first; apps do so when they open the sealed channel.',
    retry: false,
  },
  wrong_credentials: { status: 401, message: 'The address or the password is wrong.', retry: false },
  link_invalid: { status: 410, message: 'This link was used or has expired. Ask for a new one.', retry: false },
  password_common: {
    status: 422,
    message: 'This password is among the first that would be tried. Choose a longer or less usual one.',
    retry: false,
  },
  passkey_refused: {
    status: 401,
    message: 'The passkey was refused: it is not known here, or its answer was not for this page. Try again, or use another way.',
    retry: false,
  },
  passkeys_need_name: {
    status: 422,
    message: 'Browsers use passkeys at names only, not at numbers such as 127.0.0.1. Open this server by its name.',
    retry: false,
  },
  too_many: { status: 409, message: 'There are {limit} already, and no more are kept. Remove one first.', retry: false },
  second_factor_required: {
    status: 401,
    message: 'The first step is done. Now prove the second factor of this account: {ways}.',
    retry: false,
  },
  second_factor_wrong: {
    status: 401,
    message: 'The code is wrong, was used before, or the device’s clock is off. Enter the newest one, or a recovery code.',
    retry: false,
  },
  challenge_invalid: {
    status: 410,
    message: 'This step was used, has expired, or was begun in another browser. Start signing in again here.',
    retry: false,
  },
  wallet_refused: {
    status: 401,
    message: 'The answer of the wallet was refused: {problem}. Ask for a new text and sign that.',
    retry: false,
  },
  identity_refused: {
    status: 401,
    message: 'This sign-in was refused. An Admin of the organization finds the reason under Sign-in, Attempts.',
    retry: false,
  },
  directory_unreachable: {
    status: 502,
    message: 'The organization’s directory could not be reached, or did not answer as one. Try again, or tell an Admin to test it.',
    retry: true,
  },
  test_first: { status: 409, message: 'Nobody has signed in with these settings yet. Test the connection first.', retry: false },
  identity_taken: { status: 409, message: 'This way to sign in belongs to another account. Unlink it there first.', retry: false },
  last_way_in: { status: 409, message: 'This is the last way into the account. Add another one, then remove it.', retry: false },
  step_up_required: {
    status: 403,
    message: 'This needs a sign-in of the last few minutes. Prove again who you are: {ways}.',
    retry: false,
  },
  person_required: { status: 403, message: 'No API key may do this. Sign in and do it yourself.', retry: false },
  sso_required: {
    status: 403,
    message: 'This organization asks its members to sign in with its own identity provider. Sign in with it, then go on.',
    retry: false,
  },
  mfa_required: {
    status: 403,
    message: 'This organization asks for a second factor. Set one up under Account, or sign in with one.',
    retry: false,
  },
  policy_refused: { status: 403, message: 'A policy of this organization refuses this: {policy}. An Admin can change it.', retry: false },
  origin_refused: {
    status: 403,
    message: 'A page of another site asked for this, and only this one’s may. Programs send no Origin.',
    retry: false,
  },
  locks_you_out: {
    status: 409,
    message: 'These policies would keep you out ({reasons}). Sign in as they ask for first, then set them. Nothing was changed.',
    retry: false,
  },
  no_connection: {
    status: 409,
    message: 'Members could not come in by single sign-on yet. Test a connection and make it active first. Nothing was changed.',
    retry: false,
  },
  no_break_glass: {
    status: 409,
    message:
      'Nobody could come in on the day the identity provider is down. Require single sign-on, and name an Admin who has a password, passkey or wallet and a second factor. Nothing was changed.',
    retry: false,
  },
  last_connection: {
    status: 409,
    message:
      'Members come in by this connection alone, because the policies ask for single sign-on. Make another one active, or change the policies first.',
    retry: false,
  },
  suspended: { status: 403, message: 'Your membership in this organization is suspended. An Admin can lift that.', retry: false },
  not_allowed: { status: 403, message: 'Your role may not do this. It needs the right to {allows}.', retry: false },
  sealed_only: {
    status: 403,
    message:
      'This can be called through the sealed channel only. Use an app, the CLI or the SDK, or an API key that an Admin allowed for plain use.',
    retry: false,
  },
  plain_key: {
    status: 403,
    message: 'This API key may be used in plain and works under /openai/v1 only. Use one that is sealed here.',
    retry: false,
  },
  key_scope: {
    status: 403,
    message: 'This API key was not made for this. It would need the right to {allows}: make another key.',
    retry: false,
  },
  key_network: {
    status: 403,
    message: 'This API key is not taken from the network you call from. Use it from one of its own, or make another key.',
    retry: false,
  },
  key_wider: {
    status: 403,
    message: 'A key makes no key that may do more, from more networks or for longer than itself ({field}). Sign in to make this one.',
    retry: false,
  },
  sign_up_closed: { status: 403, message: 'Sign-up is closed here. Ask an Admin for an invitation.', retry: false },
  address_taken: { status: 409, message: 'There is an account with this address. Sign in, or reset the password.', retry: false },
  not_found: { status: 404, message: 'There is nothing here, or you have no access to it.', retry: false },
  conflict: { status: 409, message: 'Somebody changed this since you read it. Load it again and repeat your change.', retry: false },
  already_received: {
    status: 409,
    message: 'This was received before and is not done twice. Load again to see what came of it.',
    retry: false,
  },
  name_taken: { status: 409, message: 'This link name is in use. Choose another one.', retry: false },
  group_exists: { status: 409, message: 'There is a group of this name already. Choose another one.', retry: false },
  last_admin: {
    status: 409,
    message: 'This is the last Admin of the organization. Make somebody else an Admin first.',
    retry: false,
  },
  managed_elsewhere: {
    status: 409,
    message: 'A directory of the organization, or an agency, manages this. Change it there.',
    retry: false,
  },
  member_elsewhere: {
    status: 409,
    message: 'This person is a member of that organization already, on the own account. Only that organization can change that.',
    retry: false,
  },
  not_own_account: {
    status: 409,
    message: 'This account was not made here, or belongs to another organization too. You can suspend or remove the member.',
    retry: false,
  },
  above_consent: { status: 409, message: 'The client allows at most {role}. Choose a role that may do less.', retry: false },
  name_mismatch: { status: 409, message: 'That is not the organization’s name. Type it as it stands in the settings.', retry: false },
  new_password_required: {
    status: 401,
    message: 'This password is for the first sign-in only. Choose a password of your own to go on.',
    retry: false,
  },
  organization_closed: {
    status: 403,
    message: 'This organization is suspended or about to be deleted. An Admin can lift that under Settings.',
    retry: false,
  },
  in_use: { status: 409, message: 'This is still in use by {users}. Remove it there first.', retry: false },
  too_large: { status: 413, message: 'This is larger than the limit of {limit}. Split it or make it smaller.', retry: false },
  upload_incomplete: { status: 409, message: 'Parts of the file are missing. Send them, then finish the upload.', retry: false },
  part_mismatch: { status: 422, message: 'The part does not fit the announced size of the file. Start the upload again.', retry: false },
  nothing_published: { status: 409, message: 'This bot has not been published yet. Publish it first.', retry: false },
  unknown_model: { status: 422, message: 'The chosen model is not available. Choose one of the organization’s models.', retry: false },
  model_file_refused: { status: 422, message: 'The model file was refused: {reason}', retry: false },
  question_empty: { status: 422, message: 'The question is empty. Type one.', retry: false },
  rate_limited: { status: 429, message: 'Too many requests. Try again in {seconds} s.', retry: true },
  busy: { status: 503, message: 'Too much is going on at this moment. Try again in a few seconds.', retry: true },
  model_unreachable: {
    status: 502,
    message: 'The model’s server could not be reached. Your message is kept; try again, or ask an Admin to test the model.',
    retry: true,
  },
  model_rate_limited: {
    status: 503,
    message: 'The model’s server takes no more requests right now. Try again in {seconds} s.',
    retry: true,
  },
  model_rejected_key: {
    status: 502,
    message: 'The model’s server refused the key. An Admin can enter a new one under Models.',
    retry: false,
  },
  model_not_found: {
    status: 502,
    message: 'The model’s server has no model of that name. An Admin can choose another under Models.',
    retry: false,
  },
  model_bad_answer: {
    status: 502,
    message: 'The model’s server sent something that is no answer. Try again, or ask an Admin to test the model.',
    retry: true,
  },
  model_not_allowed: {
    status: 403,
    message: 'Your role may not use this model. Whoever chooses the models of your organization can allow it.',
    retry: false,
  },
  spending_limit_reached: {
    status: 403,
    message: 'What your organization lets be spent is used up for now. Wait until the next day or month, or ask an Admin for more.',
    retry: false,
  },
  model_timeout: { status: 504, message: 'The model did not answer in time. Try again.', retry: true },
  model_interrupted: { status: 502, message: 'The answer stopped halfway. Your question is kept. Try again.', retry: true },
  model_refused_request: {
    status: 502,
    message: 'The model’s server refused the request, perhaps because it is too long. Shorten the question or the instructions.',
    retry: false,
  },
  model_unavailable: { status: 503, message: 'This model cannot run here: {reason}.', retry: false },
  private_address: {
    status: 422,
    message: 'This address is private. Whoever runs the machine can allow it with the setting PRIVEXBOT_PRIVATE_HOSTS.',
    retry: false,
  },
  address_unreachable: {
    status: 422,
    message: 'The address could not be read ({reason}). Check it, or paste the text instead.',
    retry: true,
  },
  integrity_failed: {
    status: 500,
    message: 'A stored record was changed from outside and is refused. An Admin finds it in the audit log.',
    retry: false,
  },
  storage_full: {
    status: 507,
    message: 'The disk is full. Nothing was changed. Free space in the data folder, then try again.',
    retry: true,
  },
  shutting_down: { status: 503, message: 'The server is restarting. Try again in a few seconds.', retry: true },
  unavailable: { status: 503, message: 'The database cannot be reached. Nothing was changed. Try again shortly.', retry: true },
  internal: {
    status: 500,
    message: 'Something unexpected went wrong. Nothing you entered was lost. Try again; if it stays, give your Admin the reference.',
    retry: true,
  },
} as const satisfies Record<ErrorCode, Failure>;

/** Failures that any endpoint may answer with. */
export const COMMON_FAILURES = [
  'bad_request',
  'rate_limited',
  'shutting_down',
  'unavailable',
  'storage_full',
  'integrity_failed',
  'internal',
] as const satisfies readonly ErrorCode[];

export type ErrorDetails = Readonly<Record<string, string | number>>;

/** The public sentence of a failure. Details are numbers, limits and names of settings, never user content. */
export function errorMessage(code: ErrorCode, details: ErrorDetails = {}): string {
  return ERRORS[code].message.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? '-'));
}

/** The body of every failed answer. The names `message`, `type` and `code` are those OpenAI's clients read. */
export const ErrorBody = z.object({
  error: z.object({
    code: ErrorCode,
    type: z.string(),
    message: z.string(),
    retry: z.boolean(),
    /** The request id; also in the header `x-request-id` and in the log. */
    reference: z.string(),
    details: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  }),
});
