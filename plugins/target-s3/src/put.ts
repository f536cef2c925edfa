import {
  throwIfCancelled,
  SysimageError,
  type Chunks,
  type Host,
  type ObjectName,
  type ObjectStat,
  type PutOptions,
} from '@sysimage/core/plugin';
import type { Bucket } from './client.js';
import { sweepUploads } from './leftovers.js';
import { putInParts } from './multipart.js';
import { stateOf } from './object-state.js';
import { largestObject, multipartFrom, partSizeOf } from './part-plan.js';
import { partsOf, type Part } from './parts.js';
import { s3 } from './s3-errors.js';
import { sending, statObject } from './stat.js';

export type Put = (name: ObjectName, size: number, chunks: Chunks, options?: PutOptions) => Promise<ObjectStat>;

/** The server shows the object when it has all of it: at the end of the one request, or when the upload is completed. */
export function createPut(bucket: Bucket, host: Host): Put {
  let swept: Promise<void> | undefined;
  return async (name, size, chunks, options) => {
    throwIfCancelled('put', options);
    if (!Number.isSafeInteger(size) || size < 0 || size > largestObject) {
      throw new SysimageError('invalid', `"${name}" cannot have ${size} bytes`, {
        operation: 'put',
        context: { name },
      });
    }
    swept ??= sweepUploads(bucket, host);
    await swept;
    const parts = partsOf({ name, size, partSize: partSizeOf(size) }, chunks, options);
    const write = size < multipartFrom ? putAtOnce : putInParts;
    const state = await write(bucket, name, parts, options);
    if (state !== undefined) return { name, size, state };
    // Some do not tell the state of an object of many parts. From others no state is a sign that nothing was written.
    const stat = await statObject(bucket, name, undefined);
    if (stat?.size === size) return stat;
    throw new SysimageError('unavailable', `"${name}" was written, but is not there`, {
      operation: 'put',
      context: { name },
      retry: 'later',
    });
  };
}

async function putAtOnce(
  { sdk, client, name: Bucket, base }: Bucket,
  name: ObjectName,
  parts: AsyncIterable<Part>,
  options: PutOptions | undefined,
): Promise<string | undefined> {
  let whole: Part | undefined;
  for await (const part of parts) whole = part;
  const command = new sdk.PutObjectCommand({
    Bucket,
    Key: `${base}${name}`,
    Body: whole?.bytes ?? Buffer.alloc(0),
    ...(whole === undefined ? {} : { ContentMD5: whole.md5 }),
  });
  const { ETag } = await s3('put', name, options, () => client.send(command, sending(options)));
  return stateOf(ETag);
}
