import * as z from 'zod';
import { InOrg } from './common.ts';
import { endpoint } from './endpoint.ts';
import { idSchema } from './ids.ts';
import { LIMITS } from './limits.ts';

/** A file being sent in parts. Part n holds the bytes from n * partBytes; all but the last are full. A part may be sent again. */
const Upload = z.object({
  id: idSchema('upload'),
  sizeBytes: z.number().int(),
  partBytes: z.number().int(),
  /** Numbers of the parts that are stored, ascending. */
  received: z.array(z.number().int()),
  complete: z.boolean(),
});
const InUpload = InOrg.extend({ upload: idSchema('upload') });

export const uploads = {
  start: endpoint({
    method: 'POST',
    path: '/v1/organizations/:org/uploads',
    summary: 'Announce a file; send its parts next, then name the upload where the file is wanted',
    access: 'documents.add',
    rate: 'upload',
    audit: 'upload.started',
    failures: ['not_found', 'not_allowed', 'too_large'],
    params: InOrg,
    body: z.object({
      name: z.string().min(1).max(400),
      mediaType: z.string().max(200).optional(),
      sizeBytes: z.number().int().min(0).max(LIMITS.modelFileBytes),
      purpose: z.enum(['document', 'model']).default('document'),
    }),
    response: Upload,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/organizations/:org/uploads/:upload',
    summary: 'Which parts have arrived',
    access: 'documents.add',
    rate: 'upload',
    audit: null,
    failures: ['not_found', 'not_allowed'],
    params: InUpload,
    response: Upload,
  }),
  putPart: endpoint({
    method: 'PUT',
    path: '/v1/organizations/:org/uploads/:upload/parts/:part',
    summary: 'Store one part; it is on disk when this is answered',
    access: 'documents.add',
    rate: 'upload',
    audit: null,
    failures: ['not_found', 'not_allowed', 'too_large', 'part_mismatch'],
    params: InUpload.extend({ part: z.coerce.number().int().min(0).max(100_000) }),
    binary: { maxBytes: LIMITS.uploadPartBytes },
  }),
  cancel: endpoint({
    method: 'DELETE',
    path: '/v1/organizations/:org/uploads/:upload',
    summary: 'Throw an upload away',
    access: 'documents.add',
    rate: 'upload',
    audit: 'upload.cancelled',
    failures: ['not_found', 'not_allowed'],
    params: InUpload,
  }),
};
