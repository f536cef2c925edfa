import { createHash } from 'node:crypto';
import type { Hasher } from '../src/contract/services.js';

function digest(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}

/** SHA-256 in the place of BLAKE3: core does not care which 32 bytes a digest is made of. */
export const hasher: Hasher = {
  digest,
  digestEach: async (bytes, unit) => {
    const digests = new Uint8Array(Math.ceil(bytes.length / unit) * 32);
    for (let i = 0; i * unit < bytes.length; i += 1) {
      digests.set(digest(bytes.subarray(i * unit, (i + 1) * unit)), i * 32);
    }
    return digests;
  },
};
