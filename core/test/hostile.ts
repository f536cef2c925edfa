import { isFormatError } from '@sysimage/bytes';
import { isSysimageError } from '../src/contract/errors.js';

/** Passes when `decode` returns, or refuses in the words of the contracts. Anything else is a fault of the decoder. */
export async function refusesOrReturns<T>(decode: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await decode();
  } catch (error) {
    if (isFormatError(error) || isSysimageError(error)) return undefined;
    throw error;
  }
}

/** A copy with one bit changed. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
