import { z } from 'zod';
import { isSysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import { versionIdSchema } from '../model/version-record.js';
import { readSmall } from './object-io.js';
import { decodeStamped, recordLimit } from './stamped-json.js';

/** All stamped objects `<id>.json` of a folder: the value, or in words what is wrong with it. */
export async function readFolder<T extends object>(
  target: Target,
  folder: ObjectName,
  schema: z.ZodType<T>,
  hasher: Hasher,
  options?: CallOptions,
): Promise<ReadonlyMap<string, T | string>> {
  const found = new Map<string, T | string>();
  for await (const { name } of target.list(folder, options)) {
    const id = /^([^/]+)\.json$/u.exec(name.slice(folder.length + 1))?.[1];
    // Other files are somebody else's: a note in the folder is no lost version.
    if (!versionIdSchema.safeParse(id).success || id === undefined) continue;
    const value = await readStamped(target, name, schema, hasher, options);
    if (value !== undefined) found.set(id, value);
  }
  return found;
}

/** `undefined`: no such object. Text: what is wrong with it. */
export async function readStamped<T extends object>(
  target: Target,
  name: ObjectName,
  schema: z.ZodType<T>,
  hasher: Hasher,
  options?: CallOptions,
): Promise<T | string | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readSmall(target, name, recordLimit, options);
  } catch (error) {
    // One record on a bad spot of the medium must not hide all the others.
    if (isSysimageError(error, 'corrupt')) return error.message;
    throw error;
  }
  if (bytes === undefined) return undefined;
  const value = decodeStamped(bytes, hasher);
  if (value === undefined) return `${name} is damaged: its digest does not match`;
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : `${name} is not of this format: ${z.prettifyError(parsed.error)}`;
}
