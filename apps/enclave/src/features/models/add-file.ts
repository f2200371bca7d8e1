import type { UploadId } from '@privexbot/contract';
import { AppError } from '../../errors.ts';
import type { OrgScope } from '../../http/scope.ts';
import type { Ports } from './resolve.ts';

/** Adds a model file from a finished upload. */
export async function addFile(
  _ports: Ports,
  _scope: OrgScope,
  _file: { name: string; upload: UploadId; threads?: number | undefined },
): Promise<never> {
  throw new AppError('model_file_refused', { reason: 'model files cannot be added yet' });
}
