import type { Extent, ExtentSet } from '@sysimage/extents';
import type { DirectRead, LendFile } from '../contract/direct-read.js';
import type { DigestTo, Hasher } from '../contract/services.js';
import { grainSize } from './grain.js';

/** What can hash, and read by the way if it is a hasher that can. */
export type DigestHasher = Pick<Hasher, 'digestEach' | 'digestFrom'>;

export interface ReadDigests {
  /** Is filled. */
  readonly into: Uint8Array;
  /** Parts of `into`, in order, that become zeros. */
  readonly blank?: readonly Extent[];
  /** Where it may be written at once, unchecked. */
  readonly copy?: CopyTo;
  /** Fills `into`, and tells whether what it has is what was read. */
  readonly read: (direct?: DirectRead) => Promise<'as-read' | 'changed'>;
}

/** An open file that a reader may fill, while it reads. */
export interface CopyTo extends Omit<DigestTo, 'descriptor'> {
  readonly lend: LendFile;
}

/** What a map does not have of a range, from the start of the range on. */
export function blankIn(allocated: ExtentSet, { start, end }: Extent): readonly Extent[] {
  return [...allocated.gaps(start, end)].map((gap) => ({ start: gap.start - start, end: gap.end - start }));
}

/** What of a copy was written: all of it, perhaps some, or nothing at all. */
export type Copied = 'all' | 'some' | 'none';

/** Reads, and gives the digest of each grain: taken on the way where reader and hasher can. */
export async function readDigests(
  hasher: DigestHasher,
  { into, blank = [], copy, read }: ReadDigests,
): Promise<{ readonly digests: Uint8Array; readonly copied: Copied }> {
  let taken: Uint8Array | undefined;
  let copied: Copied = 'none';
  const direct: DirectRead = async (descriptor, offset) => {
    const request = { descriptor, offset, into, unit: grainSize, blank };
    const ask = async (to?: DigestTo): Promise<void> => {
      const going = hasher.digestFrom?.(to === undefined ? request : { ...request, to });
      if (going !== undefined && to !== undefined) copied = 'some';
      taken = await going;
    };
    if (copy === undefined) await ask();
    else {
      // Another thread cannot be told what lends it.
      const { lend, ...to } = copy;
      await lend((own) => ask({ ...to, descriptor: own }));
    }
    return taken !== undefined;
  };
  const state = await (hasher.digestFrom === undefined ? read() : read(direct));
  if (taken !== undefined && state === 'as-read')
    return { digests: taken, copied: copy === undefined ? 'none' : 'all' };
  for (const { start, end } of blank) into.fill(0, start, end);
  return { digests: await hasher.digestEach(into, grainSize), copied };
}
