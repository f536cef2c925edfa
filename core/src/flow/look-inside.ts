import { ExtentSet } from '@sysimage/extents';
import type { DiskSource, MappedVolume } from '../contract/source.js';
import type { InsideVolume } from '../model/disk-layout.js';
import type { SeenFileSystem } from './see-disk.js';

/** As of a partition: signatures lie at both ends, whatever the file system says. */
const head = 65_536;
const tail = 1_048_576;

export interface Inside {
  readonly volumes: readonly InsideVolume[];
  /** What of the partition is to be taken; offsets from the start of the disk. */
  readonly map: ExtentSet;
}

/** Whether the map of blocks in use of a file system is true; in words why not. */
export type Judge = (fileSystem: SeenFileSystem, volume: MappedVolume) => string | undefined;

/**
 * Looks into the volumes that the system has made of a partition: of those whose file system can be read (`fileSystems`, by path) only the blocks
 * in use are needed. All else is: what tells of the volumes, and what lies in none. `undefined`: there is nothing to be gained.
 */
export function lookInside(
  source: Pick<DiskSource, 'mapped'>,
  range: { readonly start: number; readonly size: number },
  fileSystems: ReadonlyMap<string, SeenFileSystem>,
  judge: Judge,
): Inside | undefined {
  let map = ExtentSet.of({ start: range.start, end: range.start + range.size });
  const volumes: InsideVolume[] = [];
  for (const volume of mappedIn(source, range)) {
    const { path, size, places } = volume;
    const fileSystem = fileSystems.get(path);
    const whyNot = fileSystem === undefined ? 'no known file system' : judge(fileSystem, volume);
    const allocated = whyNot === undefined ? fileSystem?.allocated : undefined;
    const facts = { path, size, fileSystem: fileSystem?.type };
    if (allocated === undefined) {
      const wholeReason = whyNot ?? fileSystem?.noMapReason ?? 'its blocks in use cannot be read';
      volumes.push({ ...facts, copied: 'whole', wholeReason, usedBytes: size });
      continue;
    }
    const ends = ExtentSet.of({ start: 0, end: Math.min(head, size) }, { start: Math.max(0, size - tail), end: size });
    const needed = allocated.clip(0, size).union(ends);
    for (const { at, length, start } of places) {
      const unused = ExtentSet.of({ start: at, end: at + length }).subtract(needed);
      map = map.subtract(unused.shift(start - at));
    }
    volumes.push({ ...facts, copied: 'used', usedBytes: needed.size });
  }
  return volumes.some(({ copied }) => copied === 'used') ? { volumes, map } : undefined;
}

/** Those of which every byte lies in a part of the disk. */
export function mappedIn(
  { mapped = [] }: Pick<DiskSource, 'mapped'>,
  range: { readonly start: number; readonly size: number },
): readonly MappedVolume[] {
  const end = range.start + range.size;
  return mapped.filter(({ places }) =>
    places.every(({ start, length }) => start >= range.start && start + length <= end),
  );
}

/** Bytes of a volume, wherever they lie. */
export async function readPlaces(
  source: DiskSource,
  { places }: MappedVolume,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (const place of places) {
    const from = Math.max(offset, place.at);
    const to = Math.min(offset + length, place.at + place.length);
    if (from < to) await source.read(place.start + from - place.at, bytes.subarray(from - offset, to - offset));
  }
  return bytes;
}
