import type { SnapshotPiece } from '../contract/snapshot.js';
import type { DiskSource } from '../contract/source.js';

/** Where a disk is read while its volumes are held. */
export interface SnapshotView {
  /** Of any disk, in any order; none touches another. */
  readonly pieces: readonly SnapshotPiece[];
  /** Throws when what was read may not be that of the instant. */
  readonly assertIntact: () => void;
}

/** The disk as it was at the instant. */
export function snapshotSource(source: DiskSource, view: SnapshotView): DiskSource {
  const pieces = view.pieces.filter(({ disk }) => disk === source.path).toSorted((a, b) => a.start - b.start);
  return {
    ...source,
    read: async (offset, into, direct) => {
      const end = offset + into.length;
      let at = offset;
      const readTo = async (to: number, read: SnapshotPiece['read']): Promise<void> => {
        if (to <= at) return;
        const from = at;
        at = to;
        await read(from, into.subarray(from - offset, to - offset));
      };
      for (const piece of pieces) {
        if (piece.end <= at) continue;
        if (piece.start >= end) break;
        await readTo(piece.start, (...call) => source.read(...call));
        await readTo(Math.min(piece.end, end), (...call) => piece.read(...call));
      }
      // Whoever reads by himself reads all of it, from the disk.
      const whole = at === offset ? direct : undefined;
      await readTo(end, (...call) => source.read(...call, whole));
      view.assertIntact();
    },
    close: () => source.close(),
  };
}
