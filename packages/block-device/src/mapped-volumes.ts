import type { MappedVolume } from '@sysimage/core/plugin';
import type { BlockDevice } from './block-devices.js';
import type { FileSystemIds } from './file-system-ids.js';

// The unit of device-mapper, whatever the sector of the device.
const unit = 512;
// A volume that nothing else is made of, and no part of one: those have a suffix.
const logicalVolume = /^LVM-[0-9A-Za-z]{64}$/u;

/** One line of a table. */
interface Run {
  readonly at: number;
  readonly length: number;
  readonly kind: string;
  readonly rest: string;
}

/**
 * Logical volumes of LVM of which every byte lies on a disk, in its partitions or on itself, in whole runs. `tables`: what `dmsetup table`
 * says of all devices. What is mirrored, striped, thin or encrypted, has something on it, or is used by nobody knows whom, is not among
 * them.
 */
export function mappedVolumesOf(
  disk: BlockDevice,
  all: readonly BlockDevice[],
  tables: string,
  ids: FileSystemIds,
): readonly MappedVolume[] {
  const runs = parseTables(tables);
  const byNumber = new Map(all.map((device) => [device.number, device]));
  const found: MappedVolume[] = [];
  for (const device of all) {
    const { size, mapped, holders } = device;
    if (mapped === undefined || !logicalVolume.test(mapped.maker) || holders.length > 0) continue;
    const fileSystem = ids(device);
    if (fileSystem === undefined) continue;
    const places = placesOf(runsBelow(mapped.name, runs, byNumber), disk, byNumber);
    const end = places?.at(-1);
    if (places === undefined || end === undefined || end.at + end.length !== size) continue;
    found.push({ path: `/dev/mapper/${mapped.name}`, size, fileSystem, places });
  }
  return found;
}

/** Of one that has snapshots: the device that keeps its bytes. */
function runsBelow(
  name: string,
  runs: ReadonlyMap<string, readonly Run[]>,
  byNumber: ReadonlyMap<string, BlockDevice>,
): readonly Run[] {
  const own = runs.get(name) ?? [];
  const [first] = own;
  if (first?.kind !== 'snapshot-origin' || own.length !== 1) return own;
  return runs.get(byNumber.get(first.rest)?.mapped?.name ?? '') ?? [];
}

function placesOf(
  runs: readonly Run[],
  disk: BlockDevice,
  byNumber: ReadonlyMap<string, BlockDevice>,
): MappedVolume['places'] | undefined {
  const places: MappedVolume['places'][number][] = [];
  let next = 0;
  for (const { at, length, kind, rest } of runs) {
    const [, below = '', offset] = /^(\d+:\d+) (\d{1,13})$/u.exec(rest) ?? [];
    const begin = startOn(disk, byNumber.get(below));
    if (kind !== 'linear' || at !== next || offset === undefined || begin === undefined) return undefined;
    places.push({ at, length, start: begin + Number(offset) * unit });
    next = at + length;
  }
  return places;
}

function startOn(disk: BlockDevice, device: BlockDevice | undefined): number | undefined {
  if (device === undefined) return undefined;
  if (device.number === disk.number) return 0;
  return device.partition?.disk === disk.number ? device.partition.start : undefined;
}

/** `name: start length target arguments`, by name. Lines that are none are passed over. */
function parseTables(text: string): ReadonlyMap<string, readonly Run[]> {
  const tables = new Map<string, Run[]>();
  for (const line of text.split('\n')) {
    const [, name = '', at, length, kind, rest = ''] = /^(.+): (\d{1,13}) (\d{1,13}) (\S+) ?(.*)$/u.exec(line) ?? [];
    if (at === undefined || length === undefined || kind === undefined) continue;
    const runs = tables.get(name) ?? [];
    runs.push({ at: Number(at) * unit, length: Number(length) * unit, kind, rest });
    tables.set(name, runs);
  }
  return tables;
}
