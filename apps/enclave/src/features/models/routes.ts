import type { ModelId } from '@privexbot/contract';
import type { Context } from '../../context.ts';
import type { Transaction } from '../../db/database.ts';
import type { Handlers } from '../../http/mount.ts';
import type { Meter } from '../usage/index.ts';
import { addFile } from './add-file.ts';
import { addEndpoint, changeModel, discover, listAll, removeModel, testModel } from './manage.ts';
import type { Models } from './resolve.ts';

/** @param countUsers how many bots use a model, live or in a draft */
export function modelRoutes(
  context: Context & { readonly meter: Meter },
  models: Models,
  countUsers: (tx: Transaction, model: ModelId) => Promise<number>,
): Handlers<'models'> {
  const ports = { ...context, models };
  return {
    list: (scope) => listAll(ports, scope),
    discover: (scope, { body }) => discover(ports, scope, body),
    add: (scope, { body }) => (body.provider === 'llama' ? addFile(ports, scope, body) : addEndpoint(ports, scope, body)),
    change: (scope, { params, body }) => changeModel(ports, scope, params.model, body),
    test: (scope, { params }) => testModel(ports, scope, params.model),
    remove: (scope, { params }) => removeModel(ports, scope, params.model, (tx) => countUsers(tx, params.model)),
  };
}
