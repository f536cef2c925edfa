import {
  throwIfCancelled,
  isSysimageError,
  SysimageError,
  type CallOptions,
  type ObjectName,
  type ObjectStat,
} from '@sysimage/core/plugin';
import type { Bucket } from './client.js';
import { statOf } from './object-state.js';
import { s3 } from './s3-errors.js';

/** What the client takes of our options. */
export function sending(options: CallOptions | undefined): { abortSignal?: AbortSignal } {
  return options?.signal === undefined ? {} : { abortSignal: options.signal };
}

export async function statObject(
  { sdk, client, name: Bucket, base }: Bucket,
  name: ObjectName,
  options: CallOptions | undefined,
): Promise<ObjectStat | undefined> {
  throwIfCancelled('stat', options);
  const command = new sdk.HeadObjectCommand({ Bucket, Key: `${base}${name}` });
  const reply = await s3('stat', name, options, () => client.send(command, sending(options))).catch(
    (error: unknown) => {
      if (isSysimageError(error, 'not-found')) return undefined;
      throw error;
    },
  );
  if (reply === undefined) return undefined;
  const stat = statOf(name, { size: reply.ContentLength, etag: reply.ETag, modified: reply.LastModified });
  if (stat !== undefined) return stat;
  throw new SysimageError('unsupported', `The server does not tell the size of "${name}"`, {
    operation: 'stat',
    context: { name },
  });
}
