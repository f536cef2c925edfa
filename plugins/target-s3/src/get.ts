import { addAbortSignal, Readable } from 'node:stream';
import {
  throwIfCancelled,
  isSysimageError,
  SysimageError,
  type Extent,
  type GetOptions,
  type ObjectName,
} from '@sysimage/core/plugin';
import type { Bucket } from './client.js';
import { stateOf } from './object-state.js';
import { s3, translate } from './s3-errors.js';
import { sending, statObject } from './stat.js';

// How often in a row a reply may be cut off; one that brought this much is a success.
const mostCuts = 4;
const progress = 8 * 2 ** 20;

interface Reply {
  readonly body: Readable;
  readonly state: string | undefined;
}

/** Exactly the range. A reply that is cut off is taken up where it ended, as long as it is the same object. */
export async function* getObject(
  bucket: Bucket,
  name: ObjectName,
  range: Extent,
  options: GetOptions | undefined,
): AsyncIterable<Uint8Array> {
  throwIfCancelled('get', options);
  if (range.start >= range.end) {
    await checkEmptyRange(bucket, name, range, options);
    return;
  }
  let at = range.start;
  let expected = options?.state;
  let cuts = 0;
  let cutAt = at;
  while (at < range.end) {
    const reply = await ask(bucket, name, { start: at, end: range.end }, options);
    if (expected !== undefined && reply.state !== expected) {
      reply.body.destroy();
      throw at === range.start && options?.state !== undefined ? notFound(name) : replaced(name);
    }
    expected ??= reply.state;
    let failure: unknown;
    try {
      for await (const chunk of reply.body) {
        const bytes = bytesOf(chunk).subarray(0, range.end - at);
        // More than was asked for is of no use; otherwise wait for the end, so that the connection can be used again.
        if (bytes.byteLength === 0 && at === range.end) return;
        at += bytes.byteLength;
        yield bytes;
        throwIfCancelled('get', options);
      }
    } catch (error) {
      throwIfCancelled('get', options);
      failure = error;
    } finally {
      reply.body.destroy();
    }
    if (at === range.end) return;
    if (at - cutAt >= progress) cuts = 0;
    cutAt = at;
    cuts += 1;
    // Without a state nobody knows whether the rest is of the same object.
    if (cuts < mostCuts && expected !== undefined) continue;
    throw failure === undefined ? endsEarly(name, at, range) : translate(failure, 'get', name, options);
  }
}

async function ask(
  { sdk, client, name: Bucket, base }: Bucket,
  name: ObjectName,
  range: Extent,
  options: GetOptions | undefined,
): Promise<Reply> {
  const Range = `bytes=${range.start}-${range.end - 1}`;
  const command = new sdk.GetObjectCommand({ Bucket, Key: `${base}${name}`, Range });
  const reply = await s3('get', name, options, () => client.send(command, sending(options))).catch((error: unknown) => {
    throw isSysimageError(error, 'corrupt') ? endsEarly(name, undefined, range) : error;
  });
  const body: unknown = reply.Body;
  if (!(body instanceof Readable)) throw unfit(name, 'a reply without a body');
  if (options?.signal !== undefined) addAbortSignal(options.signal, body);
  // What is wrong with a body is found when it is read; nobody may be reading when it is destroyed.
  body.on('error', () => {});
  const complaint = complaintAbout(name, range, reply.ContentRange, reply.ContentLength);
  if (complaint !== undefined) {
    body.destroy();
    throw complaint;
  }
  return { body, state: stateOf(reply.ETag) };
}

function complaintAbout(
  name: ObjectName,
  range: Extent,
  told: string | undefined,
  length = range.end,
): SysimageError | undefined {
  if (told === undefined) {
    // Some send the whole object when the whole was asked for.
    if (range.start > 0) return unfit(name, 'the object from its start');
    return length < range.end ? endsEarly(name, length, range) : undefined;
  }
  const [, start, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/u.exec(told) ?? [];
  if (start === undefined || Number(start) !== range.start) return unfit(name, 'another range');
  if (size !== '*' && Number(size) < range.end) return endsEarly(name, Number(size), range);
  return Number(last) === range.end - 1 ? undefined : unfit(name, 'another range');
}

async function checkEmptyRange(
  bucket: Bucket,
  name: ObjectName,
  range: Extent,
  options: GetOptions | undefined,
): Promise<void> {
  const stat = await statObject(bucket, name, options);
  if (stat === undefined) throw notFound(name);
  if (options?.state !== undefined && stat.state !== options.state) throw notFound(name);
  if (range.end > stat.size) throw endsEarly(name, stat.size, range);
}

function bytesOf(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}

function notFound(name: ObjectName): SysimageError {
  return new SysimageError('not-found', `There is no object "${name}"`, { operation: 'get', context: { name } });
}

function replaced(name: ObjectName): SysimageError {
  return new SysimageError('unavailable', `"${name}" was replaced while it was read`, {
    operation: 'get',
    context: { name },
    retry: 'later',
  });
}

function unfit(name: ObjectName, what: string): SysimageError {
  return new SysimageError('unsupported', `The server sent ${what} instead of the range of "${name}"`, {
    operation: 'get',
    context: { name },
    remedy: 'The server, or a proxy before it, does not answer range requests as S3 does.',
  });
}

function endsEarly(name: ObjectName, at: number | undefined, range: Extent): SysimageError {
  return new SysimageError('corrupt', `"${name}" ends ${at === undefined ? '' : `at ${at}, `}before ${range.end}`, {
    operation: 'get',
    context: { name, offset: at },
  });
}
