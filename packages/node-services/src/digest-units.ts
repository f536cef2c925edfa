import { blake3UrlSafeBase64 } from '@napi-rs/blake-hash';

/** Bytes of a BLAKE3 digest. */
export const digestSize = 32;

/** Puts the digests of some units into `digests`, one after the other: of `bytes` from unit `from` up to, not including, unit `to`. */
export function digestUnits(bytes: Uint8Array, unit: number, from: number, to: number, digests: Buffer): void {
  for (let index = from; index < to; index += 1) {
    // As text, because a buffer from native code costs more to make and to collect than a short string to read.
    const text = blake3UrlSafeBase64(bytes.subarray(index * unit, (index + 1) * unit));
    digests.write(text, index * digestSize, digestSize, 'base64url');
  }
}
