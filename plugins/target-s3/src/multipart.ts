import { createHash } from 'node:crypto';
import { throwIfCancelled, SysimageError, type ObjectName, type PutOptions } from '@sysimage/core/plugin';
import type { Bucket } from './client.js';
import { stateOf } from './object-state.js';
import type { Part } from './parts.js';
import { failureOf, s3, translate } from './s3-errors.js';
import { sending, statObject } from './stat.js';

const abortTimeout = 30_000;

interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

interface Uploaded {
  readonly PartNumber: number;
  readonly ETag: string;
}

/** Nothing is visible before the upload is completed; one that fails is aborted, so that no parts stay behind. */
export async function putInParts(
  bucket: Bucket,
  name: ObjectName,
  parts: AsyncIterable<Part>,
  options: PutOptions | undefined,
): Promise<string | undefined> {
  const { sdk, client } = bucket;
  const place = { Bucket: bucket.name, Key: `${bucket.base}${name}` };
  const { UploadId } = await s3('put', name, options, () =>
    client.send(new sdk.CreateMultipartUploadCommand(place), sending(options)),
  );
  if (UploadId === undefined || UploadId === '') {
    throw new SysimageError('unsupported', `The server began an upload of "${name}" without a name for it`, {
      operation: 'put',
      context: { name },
    });
  }
  const upload = { ...place, UploadId };
  try {
    const uploaded = await uploadParts(bucket, upload, name, parts, options);
    return await complete(bucket, upload, name, uploaded, options);
  } catch (error) {
    // Not by the caller's signal, which may be what ended the upload. A failed one is left to the sweep of a later run.
    await client
      .send(new sdk.AbortMultipartUploadCommand(upload), { abortSignal: AbortSignal.timeout(abortTimeout) })
      .catch(() => {});
    throw error;
  }
}

/** Two requests at most: one part travels while the next is gathered. When it rejects, no request is under way any more. */
async function uploadParts(
  { sdk, client }: Bucket,
  upload: Upload,
  name: ObjectName,
  parts: AsyncIterable<Part>,
  options: PutOptions | undefined,
): Promise<readonly Uploaded[]> {
  const failed = new AbortController();
  const signals = [failed.signal, ...(options?.signal === undefined ? [] : [options.signal])];
  const abortSignal = AbortSignal.any(signals);
  const send = async ({ number, bytes, md5 }: Part): Promise<Uploaded> => {
    const command = new sdk.UploadPartCommand({ ...upload, PartNumber: number, Body: bytes, ContentMD5: md5 });
    const { ETag = '' } = await s3('put', name, options, () => client.send(command, { abortSignal }));
    return { PartNumber: number, ETag };
  };
  const uploaded: Uploaded[] = [];
  let previous: Promise<Uploaded> | undefined;
  let current: Promise<Uploaded> | undefined;
  try {
    for await (const part of parts) {
      previous = current;
      current = send(part);
      // Its failure is seen when it is waited for.
      current.catch(() => {});
      if (previous !== undefined) uploaded.push(await previous);
    }
    if (current !== undefined) uploaded.push(await current);
    return uploaded;
  } catch (error) {
    failed.abort();
    await Promise.allSettled([previous, current]);
    throw error;
  }
}

async function complete(
  bucket: Bucket,
  upload: Upload,
  name: ObjectName,
  uploaded: readonly Uploaded[],
  options: PutOptions | undefined,
): Promise<string | undefined> {
  const { sdk, client } = bucket;
  const command = new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [...uploaded] } });
  throwIfCancelled('put', options);
  try {
    // From here on it is no longer cancelled: nobody could tell whether the object was replaced.
    return stateOf((await client.send(command)).ETag);
  } catch (error) {
    // A reply that was lost: the client asked again, and the upload is no more, because it is the object now.
    if (failureOf(error).name === 'NoSuchUpload') {
      const state = (await statObject(bucket, name, undefined).catch(() => undefined))?.state;
      if (state !== undefined && state === compositeState(uploaded)) return state;
    }
    throw translate(error, 'put', name, undefined);
  }
}

/** The entity tag that servers give to an object of these parts. */
function compositeState(uploaded: readonly Uploaded[]): string {
  const hash = createHash('md5');
  for (const { ETag } of uploaded) hash.update(Buffer.from(stateOf(ETag) ?? '', 'hex'));
  return `${hash.digest('hex')}-${uploaded.length}`;
}
