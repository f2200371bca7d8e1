import * as z from 'zod';
import { ModelChoice } from './bots.ts';
import { InOrg, Name, Time } from './common.ts';
import { endpoint } from './endpoint.ts';
import { ErrorCode } from './error-codes.ts';
import { idSchema } from './ids.ts';

const Url = z.url({ protocol: /^https?$/ }).max(500);
const Key = z.string().max(500);

const Model = z.object({
  /** `grounded` for the built-in one, `machine` for that of the setting PRIVEXBOT_MODEL_URL. */
  id: ModelChoice,
  name: z.string(),
  provider: z.enum(['grounded', 'openai-compatible', 'llama']),
  /** Where content goes: `this machine` or the endpoint's host. */
  destination: z.string(),
  url: z.string().optional(),
  /** The model's name at its server. */
  model: z.string().optional(),
  /** Last four characters of the key, where one is set. */
  keyEnding: z.string().optional(),
  contextTokens: z.number().int(),
  sizeBytes: z.number().int().optional(),
  /** SHA-256 of a model file, in hex. */
  sha256: z.string().optional(),
  threads: z.number().int().optional(),
  createdAt: Time.optional(),
});

const InModel = InOrg.extend({ model: idSchema('model') });
const refused = ['not_found', 'not_allowed'] as const;
const Endpoint = z.object({
  provider: z.literal('openai-compatible'),
  name: Name,
  url: Url,
  key: Key.optional(),
  model: z.string().min(1).max(200),
  contextTokens: z.number().int().min(512).max(10_000_000).default(8_192),
});
const File = z.object({
  provider: z.literal('llama'),
  name: Name,
  upload: idSchema('upload'),
  threads: z.number().int().min(1).max(256).optional(),
});

export const models = {
  list: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/models',
    summary: 'Models that bots may use, the built-in one first',
    access: 'data.read',
    rate: 'read',
    audit: null,
    failures: ['not_found'],
    params: InOrg,
    response: z.array(Model),
  }),
  discover: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/models/discover',
    summary: 'Ask an OpenAI-compatible server which models it has',
    access: 'models.edit',
    rate: 'write',
    audit: 'model.discovered',
    failures: [
      ...refused,
      'private_address',
      'model_unreachable',
      'model_rejected_key',
      'model_not_found',
      'model_refused_request',
      'model_rate_limited',
      'model_bad_answer',
      'model_timeout',
      'model_interrupted',
    ],
    params: InOrg,
    body: z.object({ url: Url, key: Key.optional() }),
    response: z.object({ models: z.array(z.string()) }),
  }),
  add: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/models',
    summary: 'Allow a model: an OpenAI-compatible endpoint, or a GGUF file from a finished upload',
    access: 'models.edit',
    rate: 'write',
    audit: 'model.added',
    failures: [...refused, 'private_address', 'upload_incomplete', 'model_file_refused'],
    params: InOrg,
    body: z.discriminatedUnion('provider', [Endpoint, File]),
    response: Model,
  }),
  change: endpoint({
    method: 'PATCH',
    path: '/v1/organizations/:org/models/:model',
    summary: 'Change a model; the key is write-only, an empty one removes it',
    access: 'models.edit',
    rate: 'write',
    audit: 'model.changed',
    failures: [...refused, 'private_address'],
    params: InModel,
    body: z.object({
      name: Name.optional(),
      url: Url.optional(),
      key: Key.optional(),
      model: z.string().min(1).max(200).optional(),
      contextTokens: z.number().int().min(512).max(10_000_000).optional(),
      threads: z.number().int().min(1).max(256).optional(),
    }),
    response: Model,
  }),
  test: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/models/:model/test',
    summary: 'Send one short request and report what came back',
    access: 'models.edit',
    rate: 'invoke',
    audit: 'model.tested',
    failures: [...refused, 'model_not_allowed', 'spending_limit_reached'],
    params: InModel,
    response: z.object({
      ok: z.boolean(),
      milliseconds: z.number(),
      answer: z.string(),
      code: ErrorCode.optional(),
      message: z.string().optional(),
    }),
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/models/:model',
    summary: 'Remove a model; refused while a bot uses it',
    access: 'models.edit',
    rate: 'write',
    audit: 'model.removed',
    failures: [...refused, 'in_use'],
    params: InModel,
  }),
};
