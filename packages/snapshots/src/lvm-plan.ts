import { mountOf, readMounts, systemRoots } from '@sysimage/block-device';
import type { MountedVolume } from '@sysimage/core/plugin';
import { mappedDevice, numberOfDevice, startOnDisk } from './device-place.js';
import { logicalVolumes, parseTable, physicalVolumes, type LogicalVolume } from './lvm-facts.js';
import type { Ask } from './programs.js';

/** Where a run of a logical volume lies on the disk of a backup; all are bytes. */
export interface Place {
  readonly at: number;
  readonly length: number;
  readonly start: number;
}

/** A logical volume of which a snapshot is to be made. */
export interface SnapshotOrigin {
  readonly disk: string;
  /** `group/volume`, and what device-mapper calls it. */
  readonly name: string;
  readonly mapped: string;
  readonly group: string;
  readonly thin: boolean;
  readonly places: readonly Place[];
  readonly fileSystem: string;
  /** Bytes for what is overwritten meanwhile; 0 of a thin volume. */
  readonly room: number;
}

/** What a volume needs of LVM. */
export interface LvmPlan {
  readonly origins: readonly SnapshotOrigin[];
  /** What of the disk tells of the volumes, bytes `[start, end)`: it changes when a snapshot is made. */
  readonly labels: readonly { readonly disk: string; readonly start: number; readonly end: number }[];
}

const mebi = 1024 * 1024;
/** Labels are held in memory. */
const mostLabels = 64 * mebi;
/** A snapshot for which there is no more room than this part of its origin would not live long. */
const leastRoom = 1 / 20;
/** Percent of a thin pool. */
const fullPool = 95;

/** Finds out how a volume that is in use would be read from snapshots of logical volumes, or why it cannot. */
export async function planLvm(volume: MountedVolume, ask: Ask): Promise<LvmPlan | { readonly whyNot: string }> {
  const disk = await numberOfDevice(volume.disk);
  if (disk === undefined) return { whyNot: `${volume.disk} is no device` };
  const mounts = await readMounts(systemRoots());
  const known = await logicalVolumes(ask);
  const origins = new Map<string, SnapshotOrigin>();
  for (const { mountPoint, readOnly, fileSystem } of volume.mounts) {
    if (readOnly) continue;
    const device = mountOf(mountPoint, mounts)?.device ?? '';
    const mapped = await mappedDevice(device);
    const logical = known.find((each) => mapped?.maker === makerOf(each));
    if (mapped === undefined || logical === undefined || fileSystem !== `file-system:${device}`) {
      return { whyNot: `${mountPoint} is no logical volume` };
    }
    const table = parseTable((await ask(['dmsetup', 'table', mapped.name])).output);
    if (table === undefined) return { whyNot: `${logical.lv_name} is neither linear nor thin` };
    const isDisk = device === disk;
    if (table === 'thin' && !isDisk) return { whyNot: `where ${logical.lv_name} lies only its thin pool knows` };
    const places = isDisk ? [{ at: 0, length: volume.size, start: 0 }] : await placesOf(table, disk, volume);
    if (places === undefined) return { whyNot: `${logical.lv_name} lies elsewhere too` };
    const room = roomFor(logical, table === 'thin', known);
    if (typeof room === 'string') return { whyNot: room };
    origins.set(mapped.name, {
      disk: volume.disk,
      name: `${logical.vg_name}/${logical.lv_name}`,
      mapped: mapped.name,
      group: logical.vg_name,
      thin: table === 'thin',
      places,
      fileSystem,
      room,
    });
  }
  if ([...origins.values()].every(({ places }) => places.every(({ start }) => start === 0))) {
    return { origins: [...origins.values()], labels: [] };
  }
  const labels = await labelsOf(volume, disk, ask);
  if (labels === undefined) return { whyNot: 'what LVM has written on the disk cannot be told' };
  return { origins: [...origins.values()], labels };
}

/** As device-mapper has it: the ids of group and volume without their hyphens. */
function makerOf({ vg_uuid: group, lv_uuid: volume }: LogicalVolume): string {
  return `LVM-${`${group}${volume}`.replaceAll('-', '')}`;
}

async function placesOf(
  table: ReturnType<typeof parseTable>,
  disk: string,
  volume: MountedVolume,
): Promise<readonly Place[] | undefined> {
  const places: Place[] = [];
  for (const { at, length, device, offset } of typeof table === 'object' ? table : []) {
    const begin = await startOnDisk(device, disk);
    if (begin === undefined) return undefined;
    const start = begin + offset;
    if (start < volume.start || start + length > volume.start + volume.size) return undefined;
    places.push({ at, length, start });
  }
  return places;
}

/** Its share of what is free in the group, and never more than it can need; in words, why that is too little. */
function roomFor(origin: LogicalVolume, thin: boolean, known: readonly LogicalVolume[]): number | string {
  const { vg_name: group, pool_lv: pool, vg_free: free, vg_extent_size: extent, lv_size: size } = origin;
  if (thin) {
    const found = known.find((each) => each.vg_name === group && each.lv_name === pool);
    return found !== undefined && Number(found.data_percent) < fullPool ? 0 : `the pool of ${origin.lv_name} is full`;
  }
  const thick = known.filter((each) => each.vg_name === group && each.pool_lv === '' && each.data_percent === '');
  const share = Math.floor(free / Math.max(1, thick.length) / extent) * extent;
  // A whole copy, and the table of it.
  const most = Math.ceil((size * 1.02 + 4 * mebi) / extent) * extent;
  const room = Math.min(share, most);
  return room >= Math.max(extent, size * leastRoom) ? room : `${group} has no room for what is overwritten meanwhile`;
}

/** Both ends of every physical volume in the volume. */
async function labelsOf(volume: MountedVolume, disk: string, ask: Ask): Promise<LvmPlan['labels'] | undefined> {
  const labels: { disk: string; start: number; end: number }[] = [];
  for (const { pv_name: name, pe_start: head, pv_pe_count: count, vg_extent_size: extent } of await physicalVolumes(
    ask,
  )) {
    const number = await numberOfDevice(name);
    const start = number === undefined ? undefined : await startOnDisk(number, disk);
    if (start === undefined || start < volume.start || start >= volume.start + volume.size) continue;
    const end = volume.start + volume.size;
    labels.push({ disk: volume.disk, start, end: start + head });
    const tail = start + head + count * extent;
    if (tail < end) labels.push({ disk: volume.disk, start: tail, end });
  }
  const size = labels.reduce((sum, { start, end }) => sum + end - start, 0);
  return labels.length > 0 && size <= mostLabels ? labels : undefined;
}
