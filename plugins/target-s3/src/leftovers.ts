import { isObjectName, type Host } from '@sysimage/core/plugin';
import type { Bucket } from './client.js';
import { failureOf } from './s3-errors.js';

// Longer than any upload of one object takes. Aborting one that lives nevertheless makes its put fail, and harms nothing.
const orphanAge = 7 * 24 * 60 * 60 * 1000;
const mostPages = 20;

/**
 * Aborts what killed puts left below the prefix: their parts are invisible, and paid for. Without a prefix the bucket may
 * be shared with programs whose uploads cannot be told from ours, so nothing is touched there.
 */
export async function sweepUploads(bucket: Bucket, host: Host): Promise<void> {
  if (bucket.base === '') return;
  try {
    await sweep(bucket, host);
  } catch (error) {
    // No reason not to write: the server may not know this call, or the key may not be allowed to.
    const { name = 'unknown', status = 0 } = failureOf(error);
    host.log('target-s3.leftovers-not-removed', { error: name, status });
  }
}

async function sweep({ sdk, client, name: Bucket, base }: Bucket, host: Host): Promise<void> {
  let KeyMarker: string | undefined;
  let UploadIdMarker: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const { Uploads, IsTruncated, NextKeyMarker, NextUploadIdMarker } = await client.send(
      new sdk.ListMultipartUploadsCommand({
        Bucket,
        Prefix: base,
        ...(KeyMarker === undefined ? {} : { KeyMarker }),
        ...(UploadIdMarker === undefined ? {} : { UploadIdMarker }),
      }),
    );
    for (const { Key = '', UploadId, Initiated } of Uploads ?? []) {
      if (!Key.startsWith(base) || !isObjectName(Key.slice(base.length))) continue;
      const age = Initiated === undefined ? Number.NaN : host.now().getTime() - Initiated.getTime();
      if (UploadId === undefined || !(age > orphanAge)) continue;
      await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      host.log('target-s3.leftover-removed', { key: Key });
    }
    if (IsTruncated !== true || NextKeyMarker === undefined) return;
    KeyMarker = NextKeyMarker;
    UploadIdMarker = NextUploadIdMarker;
  }
}
