import { FormatError, isFormatError, type ReadAt } from '@sysimage/bytes';
import type { ExtentSet } from '@sysimage/extents';

/** The longest single read: bitmaps of any size pass through this much memory. */
export const pieceSize = 4 * 1024 * 1024;

/** The bytes of a volume, read within its bounds only. */
export interface Volume {
  readonly size: number;
  /** Whether maps are read, which may be large. */
  readonly wantsMap: boolean;
  /** Rejects with `FormatError` `corrupt` outside the volume: some structure pointed there. */
  readonly read: ReadAt;
  /** Runs `body`; a `FormatError` it throws becomes the reason for `undefined`. Errors of the device itself pass through. */
  readonly attempt: <T>(body: () => Promise<T>) => Promise<Attempt<T>>;
}

export type Attempt<T> =
  | { readonly value: T; readonly reason: undefined }
  | { readonly value: undefined; readonly reason: string };

export function openVolume(read: ReadAt, size: number, wantsMap = true): Volume {
  // A device that is itself an image may reject with a FormatError of its own: that is an I/O error here.
  const deviceErrors = new WeakSet<object>();
  return {
    size,
    wantsMap,
    async read(offset, length) {
      if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > size) {
        throw new FormatError('corrupt', `points to ${length} bytes at ${offset}, outside the volume`, {
          offset: Math.max(0, Math.min(offset, size)),
        });
      }
      if (length > pieceSize) throw new FormatError('unsupported', `a structure of ${length} bytes`, { offset });
      try {
        return await read(offset, length);
      } catch (error) {
        if (typeof error === 'object' && error !== null) deviceErrors.add(error);
        throw error;
      }
    },
    async attempt(body) {
      try {
        return { value: await body(), reason: undefined };
      } catch (error) {
        if (!isFormatError(error) || deviceErrors.has(error)) throw error;
        return { value: undefined, reason: error.message };
      }
    },
  };
}

/** Reads the map in `body`, or says why there is none. */
export async function mapOrReason(
  volume: Volume,
  body: () => Promise<ExtentSet>,
): Promise<{ readonly allocated: ExtentSet | undefined; readonly noMapReason: string | undefined }> {
  if (!volume.wantsMap) return { allocated: undefined, noMapReason: 'nobody asked for it' };
  const { value, reason } = await volume.attempt(body);
  return { allocated: value, noMapReason: reason };
}
