import type { Context } from '../../context.ts';
import type { Handlers } from '../../http/mount.ts';
import { cancelUpload, findUpload, putPart, startUpload } from './receive.ts';

export function uploadRoutes(context: Pick<Context, 'db' | 'keyring' | 'blobs' | 'now' | 'newId'>): Handlers<'uploads'> {
  return {
    start: (scope, { body }) => startUpload(context, scope, body),
    get: (scope, { params }) => findUpload(context, scope, params.upload),
    putPart: (scope, { params, body }) => putPart(context, scope, params.upload, params.part, body),
    cancel: (scope, { params }) => cancelUpload(context, scope, params.upload),
  };
}
