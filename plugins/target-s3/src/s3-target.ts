import { throwIfCancelled, isSysimageError, type ExactParts, type Host, type OpenPurpose } from '@sysimage/core/plugin';
import { defaultPatience, openBucket, type Bucket, type Patience } from './client.js';
import { getObject } from './get.js';
import { listObjects, mustBeListing } from './list.js';
import { traitsOf } from './location.js';
import type { S3Options } from './options.js';
import { createPut } from './put.js';
import { s3 } from './s3-errors.js';
import { sending, statObject } from './stat.js';

/** Opens a bucket as a target. It must be there, for writing too: making one needs a region, rights and a price list. */
export async function openS3(
  options: S3Options,
  host: Host,
  _purpose: OpenPurpose,
  patience: Patience = defaultPatience,
): Promise<ExactParts<never, never>> {
  const bucket = await openBucket(options, patience);
  try {
    await check(bucket);
    const peer = bucket.peer() ?? { protocol: 'http:', hostname: '' };
    const { sdk, client, name: Bucket, base } = bucket;
    return {
      traits: await traitsOf(bucket, peer, options),
      facets: {},
      stat: (name, callOptions) => statObject(bucket, name, callOptions),
      list: (prefix, listOptions) => listObjects(bucket, prefix, listOptions),
      get: (name, range, getOptions) => getObject(bucket, name, range, getOptions),
      put: createPut(bucket, host),
      async remove(name, callOptions) {
        throwIfCancelled('remove', callOptions);
        const command = new sdk.DeleteObjectCommand({ Bucket, Key: `${base}${name}` });
        await s3('remove', name, callOptions, () => client.send(command, sending(callOptions))).catch(
          (error: unknown) => {
            if (!isSysimageError(error, 'not-found') || error.context['error'] === 'NoSuchBucket') throw error;
          },
        );
      },
      close: async () => client.destroy(),
    };
  } catch (error) {
    bucket.client.destroy();
    throw error;
  }
}

/** Asks for one key: a HEAD of the bucket would be cheaper, but its failures do not say what is wrong. */
async function check({ sdk, client, name: Bucket, base }: Bucket): Promise<void> {
  const command = new sdk.ListObjectsV2Command({ Bucket, MaxKeys: 1, ...(base === '' ? {} : { Prefix: base }) });
  mustBeListing(await s3('open', Bucket, undefined, () => client.send(command)), Bucket);
}
