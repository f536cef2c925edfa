import { createHmac, timingSafeEqual } from 'node:crypto';

const start = 48;
const length = 16;
const none = Buffer.alloc(length);

/** Puts the signature (HMAC-SHA-256, MS-SMB2 3.1.4.1) into the header of a message that has none yet. */
export function sign(key: Uint8Array, message: Buffer, payload?: Uint8Array): void {
  message.set(none, start);
  message.set(signature(key, [message, ...(payload === undefined ? [] : [payload])]), start);
}

export function isSignedWith(key: Uint8Array, message: Uint8Array): boolean {
  const found = message.subarray(start, start + length);
  return (
    found.length === length &&
    timingSafeEqual(found, signature(key, [message.subarray(0, start), none, message.subarray(start + length)]))
  );
}

function signature(key: Uint8Array, parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest().subarray(0, length);
}
