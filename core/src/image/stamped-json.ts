import type { Hasher } from '../contract/services.js';
import { toHex } from './grain.js';

const placeholder = '0'.repeat(64);
const field = /^\{\n {2}"digest": "([0-9a-f]{64})"/u;

/**
 * JSON text that vouches for itself: its first member `digest` is the BLAKE3 of the whole text with that digest written as 64
 * zeros. A flipped bit anywhere in the file is noticed, and the file is plain JSON for everybody else.
 */
export function encodeStamped(value: object, hasher: Hasher): Uint8Array {
  const text = `${JSON.stringify({ digest: placeholder, ...value }, undefined, 2)}\n`;
  const digest = toHex(hasher.digest(new TextEncoder().encode(text)));
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
