import type { MappedVolume, UnmappedVolume } from '@sysimage/core/plugin';
import { pathOfDevice, type BlockDevice } from './block-devices.js';
import type { FileSystemIds } from './file-system-ids.js';
import { parseMapperTables } from './mapper-tables.js';
import { placesOnDisk, startsBelow, type Found, type Stack } from './places-on-disk.js';

/** What is made of a disk. */
export interface MadeOfDisk {
  readonly mapped: readonly MappedVolume[];
  readonly unmapped: readonly UnmappedVolume[];
}

export interface VolumeSurroundings {
  /** What `dmsetup table` says of all devices. */
  readonly tables: string;
  readonly ids: FileSystemIds;
  /** Reads a device itself. */
  readonly readerOf: (device: BlockDevice) => NonNullable<MappedVolume['read']>;
}

/** A volume, and where the partitions of the disk start that it lies in. */
interface Volume {
  readonly mapped: MappedVolume;
  readonly starts: ReadonlySet<number>;
}

const partOfLogicalVolume = /^LVM-(?![0-9A-Za-z]{64}$)/u;

/**
 * Volumes that are made of a disk, and that nothing else is made of: those of which every byte lies on it, in its partitions or on itself,
 * in whole runs, and those of which that is not so or not known.
 */
export function mappedVolumesOf(
  disk: BlockDevice,
  all: readonly BlockDevice[],
  { tables, ids, readerOf }: VolumeSurroundings,
): MadeOfDisk {
  const stack: Stack = {
    disk,
    byNumber: new Map(all.map((device) => [device.number, device])),
    byName: new Map(all.map((device) => [device.name, device])),
    tables: parseMapperTables(tables),
    found: new Map(),
  };
  const volumes: Volume[] = [];
  const unmapped: UnmappedVolume[] = [];
  for (const device of all.filter((each) => isVolume(each, stack))) {
    const starts = startsBelow(device, stack);
    const { size } = device;
    const path = device.mapped === undefined ? pathOfDevice(device) : `/dev/mapper/${device.mapped.name}`;
    const found = placesOf(device, stack);
    const fileSystem = ids(device);
    if ('whyNot' in found || fileSystem === undefined) {
      const whyNot = 'whyNot' in found ? found.whyNot : 'who uses it cannot be told';
      for (const start of starts) unmapped.push({ path, size, start, whyNot });
      continue;
    }
    const { places, sector } = found;
    const read = sector === 1 ? {} : { read: readerOf(device) };
    volumes.push({ mapped: { path, size, fileSystem, places, ...read }, starts });
  }
  const shared = overlapping(volumes);
  return {
    mapped: volumes.flatMap((volume) => (shared.has(volume) ? [] : [volume.mapped])),
    unmapped: [...unmapped, ...[...shared].flatMap((volume) => asUnmapped(volume))],
  };
}

/** Not a part of another volume, and no snapshot of one: that is what was, and no volume of the disk. */
function isVolume({ number, size, mapped, array, holders }: BlockDevice, { disk, tables, byName }: Stack): boolean {
  if (number === disk.number || size === 0) return false;
  if (holders.map((name) => byName.get(name)).some((each) => each?.mapped !== undefined || each?.array !== undefined))
    return false;
  if (mapped === undefined) return array !== undefined;
  return !partOfLogicalVolume.test(mapped.maker) && tables.get(mapped.name)?.[0]?.kind !== 'snapshot';
}

function placesOf(device: BlockDevice, stack: Stack): Found {
  if (device.partitions.length > 0) return { whyNot: 'it has partitions of its own' };
  if (device.holders.length > 0) return { whyNot: `${device.holders.join(', ')} lies on it` };
  return placesOnDisk(device, stack);
}

/** What is free in one of two that share bytes may be used in the other. */
function overlapping(volumes: readonly Volume[]): ReadonlySet<Volume> {
  const shared = new Set<Volume>();
  const places = volumes
    .flatMap((volume) => volume.mapped.places.map(({ start, length }) => ({ volume, start, end: start + length })))
    .toSorted((a, b) => a.start - b.start);
  let last = places[0];
  for (const place of places.slice(1)) {
    if (last !== undefined && place.start < last.end) shared.add(last.volume).add(place.volume);
    if (last === undefined || place.end > last.end) last = place;
  }
  return shared;
}

function asUnmapped({ mapped: { path, size }, starts }: Volume): readonly UnmappedVolume[] {
  return [...starts].map((start) => ({ path, size, start, whyNot: 'another volume has bytes of it' }));
}
