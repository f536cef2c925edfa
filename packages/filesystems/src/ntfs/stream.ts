import { FormatError } from '@sysimage/bytes';
import { ExtentSetBuilder, type ExtentSet } from '@sysimage/extents';
import { pieceSize, type Volume } from '../volume.js';
import type { NtfsGeometry } from './boot-sector.js';
import type { ClusterRun } from './cluster-runs.js';

/** The bytes of an attribute, wherever they are. */
export interface Stream {
  readonly size: number;
  /** Reads exactly `length` bytes at `offset`; holes are zeros. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
  /** Empty when the bytes are inside the file record. */
  readonly runs: readonly ClusterRun[];
}

export function residentStream(bytes: Uint8Array): Stream {
  return {
    size: bytes.length,
    runs: [],
    async read(offset, length) {
      if (offset < 0 || offset + length > bytes.length) throw new FormatError('corrupt', 'NTFS stream: ends too early');
      return bytes.slice(offset, offset + length);
    },
  };
}

/** A stream in clusters. `runs` may grow while it is used: $MFT is found through itself. */
export function clusterStream(
  volume: Volume,
  geometry: NtfsGeometry,
  runs: readonly ClusterRun[],
  size: number,
): Stream {
  const { clusterSize } = geometry;
  return {
    size,
    runs,
    async read(offset, length) {
      if (!(offset >= 0 && length >= 0 && length <= pieceSize)) {
        throw new FormatError('corrupt', `NTFS stream: ${length} bytes at ${offset}`);
      }
      const bytes = new Uint8Array(length);
      let runStart = 0;
      let done = 0;
      for (const { cluster, count } of runs) {
        const runEnd = runStart + count * clusterSize;
        while (done < length && offset + done < runEnd) {
          const inside = offset + done - runStart;
          const step = Math.min(length - done, runEnd - runStart - inside);
          if (cluster !== undefined) bytes.set(await volume.read(cluster * clusterSize + inside, step), done);
          done += step;
        }
        if (done === length) return bytes;
        runStart = runEnd;
      }
      if (done < length) throw new FormatError('corrupt', `NTFS stream: ends before ${offset + length}`);
      return bytes;
    },
  };
}

/** The whole clusters of a stream from byte `from` on, on the volume. */
export function streamExtents({ clusterSize }: NtfsGeometry, { runs }: Stream, from: number): ExtentSet {
  const builder = new ExtentSetBuilder();
  let skip = Math.ceil(from / clusterSize);
  for (const { cluster, count } of runs) {
    const skipped = Math.min(skip, count);
    skip -= skipped;
    if (cluster !== undefined) builder.add((cluster + skipped) * clusterSize, (cluster + count) * clusterSize);
  }
  return builder.build();
}
