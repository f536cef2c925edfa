import { blake3 } from '@napi-rs/blake-hash';
import type { Hasher } from '@sysimage/core';

const digestSize = 32;

/**
 * BLAKE3 on this thread. Measured with units of 64 KiB: 4 to 7 GB/s, faster than a disk delivers and than a worker gets
 * the bytes (2 to 3 GB/s with the copy), so there is no pool.
 */
export function createHasher(): Hasher {
  return {
    digest: (bytes) => new Uint8Array(blake3(bytes)),
    async digestEach(bytes, unit) {
      if (!Number.isSafeInteger(unit) || unit <= 0) throw new RangeError(`not a unit: ${unit}`);
      const count = Math.ceil(bytes.byteLength / unit);
      const digests = new Uint8Array(count * digestSize);
      for (let index = 0; index < count; index += 1) {
        digests.set(blake3(bytes.subarray(index * unit, (index + 1) * unit)), index * digestSize);
      }
      return digests;
    },
  };
}
