import type { ReadAt } from '@sysimage/bytes';
import { ExtentSet } from '@sysimage/extents';
import type { DiskSource, MappedVolume, UnmappedVolume } from '../contract/source.js';
import type { InsideVolume } from '../model/disk-layout.js';
import { recognise } from './recognise.js';
import type { SeenFileSystem } from './see-disk.js';

/** As of a partition: signatures lie at both ends, whatever the file system says. */
const head = 65_536;
const tail = 1_048_576;
/** More bytes are not encrypted together: dm-crypt's longest sector. */
const longestSector = 4096;
/** By type of what fills a partition and may hold volumes: why there are none. */
const asleep: ReadonlyMap<string, string> = new Map([
  ['lvm', 'none of its volumes is active'],
  ['luks', 'it is locked'],
  ['md', 'its array does not run'],
]);

export interface Inside {
  readonly volumes: readonly InsideVolume[];
  /** What of the partition is to be taken; offsets from the start of the disk. `undefined`: all of it. */
  readonly map: ExtentSet | undefined;
  /** Why all of it. */
  readonly wholeReason: string | undefined;
}

/** Whether the map of blocks in use of a file system is true; in words why not. */
export type Judge = (fileSystem: SeenFileSystem, volume: MappedVolume) => string | undefined;

/** Whether what fills a partition may hold volumes that the system makes of it. */
export function holdsVolumes({ type }: Pick<SeenFileSystem, 'type'>): boolean {
  return asleep.has(type);
}

/**
 * Looks into the volumes that the system has made of a partition: of those whose file system can be read (`fileSystems`, by path) only the blocks
 * in use are needed. All else is: what tells of the volumes, and what lies in none. `type`: of what fills the partition.
 */
export function lookInside(
  source: Pick<DiskSource, 'mapped' | 'unmapped'>,
  range: { readonly start: number; readonly size: number; readonly type: string },
  fileSystems: ReadonlyMap<string, SeenFileSystem>,
  judge: Judge,
): Inside {
  let map = ExtentSet.of({ start: range.start, end: range.start + range.size });
  const volumes: InsideVolume[] = [];
  for (const volume of mappedIn(source, range)) {
    const { path, size, places } = volume;
    const fileSystem = fileSystems.get(path);
    const whyNot = fileSystem === undefined ? 'no known file system' : judge(fileSystem, volume);
    const allocated = whyNot === undefined ? fileSystem?.allocated : undefined;
    const facts = {
      path,
      size,
      fileSystem: fileSystem?.type,
      ...(volume.read === undefined ? {} : { encrypted: true }),
    };
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
  for (const { path, size, whyNot } of unmappedIn(source, range)) {
    volumes.push({ path, size, copied: 'whole', wholeReason: whyNot, usedBytes: size });
  }
  if (volumes.some(({ copied }) => copied === 'used')) return { volumes, map, wholeReason: undefined };
  const reasons = volumes.map(({ path, wholeReason = '' }) => `${path}: ${wholeReason}`);
  return { volumes, map: undefined, wholeReason: reasons.join('; ') || asleep.get(range.type) };
}

/** Reads a volume, and its file system as blocks can be taken from the disk: none without those that are encrypted with it. */
export async function lookInto(source: DiskSource, volume: MappedVolume): Promise<SeenFileSystem | undefined> {
  const read: ReadAt = (offset, length) => readPlaces(source, volume, offset, length);
  const found = await recognise(read, { size: volume.size, sectorSize: source.sectorSize });
  if (found === undefined || volume.read === undefined) return found;
  return { ...found, allocated: found.allocated?.alignOut(longestSector) };
}

/** Those of which every byte lies in a part of the disk. */
export function mappedIn(
  { mapped = [] }: Pick<DiskSource, 'mapped'>,
  range: { readonly start: number; readonly size: number },
): readonly MappedVolume[] {
  return mapped.filter(({ places }) => places.every((place) => isIn(place, range)));
}

/** All others of which anything lies there. */
function unmappedIn(
  { mapped = [], unmapped = [] }: Pick<DiskSource, 'mapped' | 'unmapped'>,
  range: { readonly start: number; readonly size: number },
): readonly Omit<UnmappedVolume, 'start'>[] {
  const spread = mapped.filter(
    ({ places }) => places.some((place) => isIn(place, range)) && !places.every((place) => isIn(place, range)),
  );
  return [
    ...spread.map((volume) => ({ ...volume, whyNot: 'some of it lies in another partition' })),
    ...unmapped.filter(({ start }) => start === range.start),
  ];
}

function isIn(
  { start, length }: MappedVolume['places'][number],
  range: { readonly start: number; readonly size: number },
): boolean {
  return start >= range.start && start + length <= range.start + range.size;
}

/** What a volume holds, wherever its bytes lie. */
export async function readPlaces(
  source: DiskSource,
  volume: MappedVolume,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  if (volume.read !== undefined) await volume.read(offset, bytes);
  for (const place of volume.read === undefined ? volume.places : []) {
    const from = Math.max(offset, place.at);
    const to = Math.min(offset + length, place.at + place.length);
    if (from < to) await source.read(place.start + from - place.at, bytes.subarray(from - offset, to - offset));
  }
  return bytes;
}
