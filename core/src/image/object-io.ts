import { isFormatError } from '@sysimage/bytes';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, RandomFile, Target } from '../contract/target.js';
import type { StoredObject } from '../model/version-record.js';
import { toHex } from './grain.js';

/** Larger than any map or run of grains: whoever records more is not believed. */
const largestRead = 1024 * 1024 * 1024;

/** Reads part of an object into one array. */
export async function readRange(
  target: Target,
  name: ObjectName,
  start: number,
  end: number,
  options?: CallOptions,
): Promise<Uint8Array> {
  if (end - start > largestRead) throw corruptObject(target, name, `nobody reads ${end - start} bytes at once`, start);
  const bytes = new Uint8Array(end - start);
  await readInto(target, name, start, bytes, options);
  return bytes;
}

/** Fills all of `into` with the bytes of an object from `start` on. When it rejects, there may be anything in `into`. */
export async function readInto(
  target: Target,
  name: ObjectName,
  start: number,
  into: Uint8Array,
  options?: CallOptions,
): Promise<void> {
  const end = start + into.length;
  let at = 0;
  for await (const chunk of target.get(name, { start, end }, options)) {
    if (at + chunk.length > into.length) throw wrongLength(target, name, start, end);
    into.set(chunk, at);
    at += chunk.length;
  }
  if (at !== into.length) throw wrongLength(target, name, start, end);
}

/** Reads a whole small object; `undefined` when there is none. `limit`: more bytes than that are `corrupt`. */
export async function readSmall(
  target: Target,
  name: ObjectName,
  limit: number,
  options?: CallOptions,
): Promise<Uint8Array | undefined> {
  const stat = await target.stat(name, options);
  if (stat === undefined) return undefined;
  if (stat.size > limit)
    throw corruptObject(target, name, `has ${stat.size} bytes, more than the ${limit} it can have`);
  try {
    return await readRange(target, name, 0, stat.size, options);
  } catch (error) {
    if (isSysimageError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** Reads a whole object that must have the recorded size and digest. */
export async function readStored(
  target: Target,
  object: StoredObject,
  hasher: Hasher,
  options?: CallOptions,
): Promise<Uint8Array> {
  const bytes = await readRange(target, object.name, 0, object.size, options).catch((error: unknown) => {
    if (isSysimageError(error, 'not-found')) throw corruptObject(target, object.name, 'it is missing');
    throw error;
  });
  if (toHex(hasher.digest(bytes)) !== object.digest) {
    throw corruptObject(target, object.name, 'does not have the digest that its version recorded');
  }
  return bytes;
}

/** Stores a small object and tells how to find it again. */
export async function putBytes(
  put: Target['put'],
  name: ObjectName,
  bytes: Uint8Array,
  hasher: Hasher,
  options?: CallOptions,
): Promise<StoredObject> {
  await put(name, bytes.length, () => once(bytes), options);
  return { name, size: bytes.length, digest: toHex(hasher.digest(bytes)) };
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Reads part of an open object into a new array. */
export function readerOf(file: RandomFile): (offset: number, length: number) => Promise<Uint8Array> {
  return async (offset, length) => {
    const bytes = new Uint8Array(length);
    await file.read(offset, bytes);
    return bytes;
  };
}

export function corruptObject(target: Target, name: ObjectName, what: string, offset?: number): SysimageError {
  const where = offset === undefined ? '' : ` at byte ${offset}`;
  return new SysimageError('corrupt', `${name} on ${target.traits.location} is damaged${where}: ${what}`, {
    context: { object: name, ...(offset === undefined ? {} : { offset }) },
  });
}

/** Turns what a format room says into the error of the contracts; other errors pass. */
export function asCorrupt(error: unknown, object: string): unknown {
  if (!isFormatError(error)) return error;
  return new SysimageError(error.code === 'corrupt' ? 'corrupt' : 'unsupported', `${object}: ${error.message}`, {
    context: { object, ...(error.offset === undefined ? {} : { offset: error.offset }) },
    cause: error,
  });
}

function wrongLength(target: Target, name: ObjectName, start: number, end: number): SysimageError {
  return corruptObject(target, name, `the target did not return the bytes ${start} to ${end}`, start);
}
