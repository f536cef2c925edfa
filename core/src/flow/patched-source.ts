import type { DiskSource } from '../contract/source.js';

/** Bytes that a version has other than the disk, because what they refer to was left out. */
export interface Patch {
  /** From the start of the disk. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The disk as the version has it. */
export function patchedSource(source: DiskSource, patches: readonly Patch[]): DiskSource {
  return {
    ...source,
    read: async (offset, into, direct) => {
      const touching = patches.filter(
        (patch) => patch.offset < offset + into.length && offset < patch.offset + patch.bytes.length,
      );
      await source.read(offset, into, touching.length === 0 ? direct : undefined);
      for (const patch of touching) {
        const start = Math.max(offset, patch.offset);
        const end = Math.min(offset + into.length, patch.offset + patch.bytes.length);
        into.set(patch.bytes.subarray(start - patch.offset, end - patch.offset), start - offset);
      }
    },
    close: () => source.close(),
  };
}
