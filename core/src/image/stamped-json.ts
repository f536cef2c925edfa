import { SysimageError } from '../contract/errors.js';
import type { Hasher } from '../contract/services.js';
import { toHex } from './grain.js';

/** Bytes. More than any record can have: a record names some 140 bytes for each GiB of disk and each layer. */
export const recordLimit = 64 * 1024 * 1024;

const placeholder = '0'.repeat(64);
const field = /^\{\n {2}"digest": "([0-9a-f]{64})"/u;

/**
 * JSON text that vouches for itself: its first member `digest` is the BLAKE3 of the whole text with that digest written as 64
 * zeros. A flipped bit anywhere in the file is noticed, and the file is plain JSON for everybody else. Errors: `unsupported` for what
 * nobody would read: a version with such a record would be lost.
 */
export function encodeStamped(value: object, hasher: Hasher): Uint8Array {
  const text = `${JSON.stringify({ digest: placeholder, ...value }, undefined, 2)}\n`;
  const blank = new TextEncoder().encode(text);
  if (blank.length > recordLimit)
    throw new SysimageError('unsupported', `a record would have ${blank.length} bytes, more than anybody reads`);
  const digest = toHex(hasher.digest(blank));
  return new TextEncoder().encode(text.replace(placeholder, digest));
}

/** The parsed value, or `undefined` when the text is not stamped JSON or its digest does not match. */
export function decodeStamped(bytes: Uint8Array, hasher: Hasher): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  const stamp = field.exec(text)?.[1];
  if (stamp === undefined) return undefined;
  const blank = new TextEncoder().encode(text.replace(stamp, placeholder));
  if (toHex(hasher.digest(blank)) !== stamp) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
