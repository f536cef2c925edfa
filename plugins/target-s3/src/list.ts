import {
  throwIfCancelled,
  isBelow,
  isObjectName,
  SysimageError,
  type ListOptions,
  type NamePrefix,
  type ObjectStat,
} from '@sysimage/core/plugin';
import type { Bucket } from './client.js';
import { statOf } from './object-state.js';
import { s3 } from './s3-errors.js';
import { sending } from './stat.js';

// A server may send pages without keys (a thousand deleted versions), but not for ever.
const mostEmptyPages = 1000;

/** Every object below the prefix, a page in memory. Keys that are no names of objects belong to somebody else. */
export async function* listObjects(
  bucket: Bucket,
  prefix: NamePrefix,
  options: ListOptions | undefined,
): AsyncIterable<ObjectStat> {
  let last = options?.after ?? '';
  for await (const told of pagesOf(bucket, prefix, options)) {
    const name = told.key.startsWith(bucket.base) ? told.key.slice(bucket.base.length) : '';
    if (!isObjectName(name) || !isBelow(name, prefix)) continue;
    // Servers that do not know StartAfter begin at the beginning.
    if (options?.after !== undefined && name <= options.after) continue;
    if (name <= last) throw misled(prefix, 'names that are not in order');
    last = name;
    const stat = statOf(name, told);
    if (stat === undefined) throw misled(prefix, `no size of "${name}"`);
    yield stat;
    throwIfCancelled('list', options);
  }
}

interface Listed {
  readonly key: string;
  readonly size: number | undefined;
  readonly etag: string | undefined;
  readonly modified: Date | undefined;
}

async function* pagesOf(
  { sdk, client, name: Bucket, base }: Bucket,
  prefix: NamePrefix,
  options: ListOptions | undefined,
): AsyncIterable<Listed> {
  const below = prefix === '' ? base : `${base}${prefix}/`;
  let ContinuationToken: string | undefined;
  let emptyPages = 0;
  for (;;) {
    throwIfCancelled('list', options);
    const command = new sdk.ListObjectsV2Command({
      Bucket,
      ...(below === '' ? {} : { Prefix: below }),
      ...(options?.after === undefined ? {} : { StartAfter: `${base}${options.after}` }),
      ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
    });
    const page = await s3('list', prefix === '' ? Bucket : prefix, options, () =>
      client.send(command, sending(options)),
    );
    mustBeListing(page, Bucket);
    for (const { Key = '', Size, ETag, LastModified } of page.Contents ?? []) {
      yield { key: Key, size: Size, etag: ETag, modified: LastModified };
    }
    if (page.IsTruncated !== true) return;
    emptyPages = (page.Contents ?? []).length === 0 ? emptyPages + 1 : 0;
    const next = page.NextContinuationToken;
    if (next === undefined || next === '' || next === ContinuationToken || emptyPages > mostEmptyPages) {
      throw misled(prefix, 'pages without an end');
    }
    ContinuationToken = next;
  }
}

/** The page of a login, with status 200, would otherwise be an empty bucket. */
export function mustBeListing(page: { readonly IsTruncated?: boolean | undefined }, bucket: string): void {
  if (page.IsTruncated !== undefined) return;
  throw new SysimageError('unsupported', `What answers for the bucket "${bucket}" is no S3 server`, {
    operation: 'list',
    context: { bucket },
    remedy: 'Check the endpoint, and whether a proxy stands before it.',
  });
}

function misled(prefix: NamePrefix, what: string): SysimageError {
  return new SysimageError('corrupt', `The server lists ${what} below "${prefix}"`, {
    operation: 'list',
    context: { prefix },
  });
}
