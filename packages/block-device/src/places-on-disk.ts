import type { MappedVolume } from '@sysimage/core/plugin';
import type { BlockDevice } from './block-devices.js';
import { encryptedRun } from './encrypted-run.js';
import { linearRun, type MapperRun, type MapperTables } from './mapper-tables.js';
import { startInMember } from './mirror-member.js';
import type { RaidArray } from './raid-array.js';

const logicalVolume = /^LVM-[0-9A-Za-z]{64}/u;
const elsewhere = 'some of it lies elsewhere';

type Place = MappedVolume['places'][number];

/** How all bytes of a device lie on a disk. */
export interface Spread {
  readonly places: readonly Place[];
  /** Bytes that are encrypted together, and begin at a multiple of that in the device; 1: none are encrypted. */
  readonly sector: number;
}
export type Found = Spread | { readonly whyNot: string };

/** The disk, and all devices of its machine. */
export interface Stack {
  readonly disk: BlockDevice;
  readonly byNumber: ReadonlyMap<string, BlockDevice>;
  readonly byName: ReadonlyMap<string, BlockDevice>;
  readonly tables: MapperTables;
  /** By number: what is known already. */
  readonly found: Map<string, Found>;
}

/**
 * Follows a device down to the disk: linear volumes of LVM, one run of LUKS, mirrors of md, in any order. In words, why its bytes cannot be
 * found there.
 */
export function placesOnDisk(device: BlockDevice, stack: Stack): Found {
  const known = stack.found.get(device.number);
  if (known !== undefined) return known;
  stack.found.set(device.number, { whyNot: 'it lies on itself' });
  const looked = look(device, stack);
  // What is encrypted has to be read through its device, which nobody can while it is suspended: luksSuspend does that.
  const isStuck = device.mapped?.suspended === true && 'places' in looked && looked.sector > 1;
  const found = isStuck ? { whyNot: 'it is suspended' } : looked;
  stack.found.set(device.number, found);
  return found;
}

/** Where the partitions start that a device lies in, or the disk itself; none when all of it lies elsewhere. */
export function startsBelow(device: BlockDevice, stack: Stack): ReadonlySet<number> {
  const starts = new Set<number>();
  // What is found below is looked at once, since the set is gone through while it grows.
  const waiting = new Set([device]);
  for (const each of waiting) {
    const start = startOn(stack.disk, each);
    if (start !== undefined) starts.add(start);
    for (const name of start === undefined ? each.slaves : []) {
      const below = stack.byName.get(name);
      if (below !== undefined) waiting.add(below);
    }
  }
  return starts;
}

function look(device: BlockDevice, stack: Stack): Found {
  const start = startOn(stack.disk, device);
  if (start !== undefined) return { places: [{ at: 0, length: device.size, start }], sector: 1 };
  if (device.array !== undefined) return placesOfMirror(device, device.array, stack);
  if (device.mapped === undefined) return { whyNot: elsewhere };
  const runs = runsOf(device, stack);
  const [first] = runs;
  if (first === undefined) return { whyNot: 'dmsetup tells nothing of it' };
  if (first.kind === 'crypt') return placesOfEncrypted(device, runs, stack);
  if (!logicalVolume.test(device.mapped.maker)) return { whyNot: 'neither LVM nor LUKS made it' };
  return placesOfLinear(device, runs, stack);
}

function startOn(disk: BlockDevice, { number, partition }: BlockDevice): number | undefined {
  if (number === disk.number) return 0;
  return partition?.disk === disk.number ? partition.start : undefined;
}

/** Of one that has snapshots: the device that keeps its bytes. */
function runsOf({ mapped }: BlockDevice, { tables, byNumber }: Stack): readonly MapperRun[] {
  const own = tables.get(mapped?.name ?? '') ?? [];
  const [first] = own;
  if (first?.kind !== 'snapshot-origin' || own.length !== 1) return own;
  return tables.get(byNumber.get(first.rest)?.mapped?.name ?? '') ?? [];
}

function placesOfLinear({ size }: BlockDevice, runs: readonly MapperRun[], stack: Stack): Found {
  const places: Place[] = [];
  let sector = 1;
  let next = 0;
  for (const run of runs) {
    const { at, length, kind } = run;
    const linear = linearRun(run);
    if (linear === undefined) return { whyNot: `where its bytes lie is not simple (${kind})` };
    if (at !== next) return { whyNot: 'its table cannot be read' };
    const part = partOf(stack.byNumber.get(linear.below), { ...linear, at, length }, stack);
    if ('whyNot' in part) return part;
    places.push(...part.places);
    sector = Math.max(sector, part.sector);
    next = at + length;
  }
  return next === size ? { places, sector } : { whyNot: 'its table cannot be read' };
}

function placesOfEncrypted({ size, mapped }: BlockDevice, runs: readonly MapperRun[], stack: Stack): Found {
  const [run] = runs;
  if (run === undefined || runs.length > 1) return { whyNot: 'it is encrypted in several pieces' };
  const encrypted = encryptedRun(mapped?.maker ?? '', run.rest);
  if ('whyNot' in encrypted) return encrypted;
  if (run.at !== 0 || run.length !== size || size % encrypted.sector !== 0)
    return { whyNot: 'its table cannot be read' };
  const part = partOf(stack.byNumber.get(encrypted.below), { ...encrypted, at: 0, length: size }, stack);
  return 'whyNot' in part ? part : { ...part, sector: Math.max(encrypted.sector, part.sector) };
}

function placesOfMirror({ size }: BlockDevice, array: RaidArray, stack: Stack): Found {
  const here = array.members.filter(({ name }) => {
    const member = stack.byName.get(name);
    return member !== undefined && startsBelow(member, stack).size > 0;
  });
  const [member, another] = here;
  if (member === undefined) return { whyNot: elsewhere };
  const found = startInMember(array, member);
  if ('whyNot' in found) return found;
  if (another !== undefined) return { whyNot: 'more than one of its members lies on this disk' };
  return partOf(stack.byName.get(member.name), { at: 0, length: size, offset: found.start }, stack);
}

/** `length` bytes from `offset` of a device, as they lie `at` another one. */
function partOf(
  device: BlockDevice | undefined,
  { at, length, offset }: { readonly at: number; readonly length: number; readonly offset: number },
  stack: Stack,
): Found {
  if (device === undefined) return { whyNot: elsewhere };
  const below = placesOnDisk(device, stack);
  if ('whyNot' in below) return below;
  const { sector } = below;
  if ([at, length, offset].some((each) => each % sector !== 0))
    return { whyNot: 'it begins or ends in the middle of an encrypted sector' };
  const end = offset + length;
  if (end > device.size) return { whyNot: 'it reaches beyond what it lies on' };
  const places = below.places.flatMap((place) => {
    const from = Math.max(offset, place.at);
    const to = Math.min(end, place.at + place.length);
    if (from >= to) return [];
    return [{ at: at + from - offset, length: to - from, start: place.start + from - place.at }];
  });
  return { places, sector };
}
