import type { Target } from '@sysimage/core';
import type { MemoryFacet, MemoryTargetOptions } from '@sysimage/target-memory';
import type { World } from './world.js';

const mebibyte = 1024 * 1024;

/** Something that changes a target, and what must be on the target before it begins. */
export interface Flow {
  readonly name: string;
  /** Complete versions that are there. */
  readonly versions: number;
  /** A backup was cut before: at this part of its calls. */
  readonly cut?: number;
  /** It was no backup that was cut, but a compaction. */
  readonly cutCompaction?: boolean;
  /** Indexes of versions whose records are gone already, and nothing else of them: a deletion was cut. */
  readonly gone?: readonly number[];
  /** Days before each version; none, unless told. */
  readonly days?: readonly number[];
  /** One, unless told. */
  readonly disks?: number;
  /** Bytes of a disk: 6 MiB, unless told. */
  readonly diskSize?: number;
  /** Most of what is on the disks lies elsewhere in each version, in blocks of the image that nothing else uses. */
  readonly moves?: boolean;
  /** In place, without bounds, unless told. */
  readonly shape?: Pick<MemoryTargetOptions<MemoryFacet>, 'facets' | 'traits' | 'capacity'>;
  readonly run: (world: World, target: Target) => Promise<void>;
  readonly makesVersion: boolean;
  /** Indexes of the versions that go while it runs. */
  readonly doomed?: readonly number[];
  /** Indexes of those that it may give up to make room; without any, it may not. */
  readonly mayGo?: readonly number[];
}

type Deed = Pick<Flow, 'run' | 'makesVersion' | 'doomed'>;
const backup: Deed = { run: (world, target) => world.backUp(target), makesVersion: true };
const deletionOf = (...doomed: readonly number[]): Deed => ({
  run: (world, target) => world.delete(target, doomed),
  makesVersion: false,
  doomed,
});
/** Only the newest version stays, and of so many months the last one. */
const pruning = (months: number, ...doomed: readonly number[]): Deed => ({
  run: (world, target) => world.prune(target, months),
  makesVersion: false,
  doomed,
});
const compaction: Deed = { run: (world, target) => world.compact(target), makesVersion: false };
const sharing = { facets: ['random', 'capacity', 'history'] } as const;
const singleVersion = { traits: { singleVersion: true } } as const;

/** Every flow that writes: whatever happens to it at any call, it is tried. */
export const flows: readonly Flow[] = [
  { name: 'first backup', versions: 0, ...backup },
  { name: 'first backup of several disks', versions: 0, disks: 2, ...backup },
  { name: 'second backup', versions: 1, ...backup },
  { name: 'third backup', versions: 2, ...backup },
  { name: 'backup of several disks', versions: 2, disks: 2, ...backup },
  { name: 'first backup that goes on', versions: 0, cut: 0.9, diskSize: 40 * mebibyte, ...backup },
  { name: 'recovery', versions: 2, cut: 0.6, ...backup },
  { name: 'recovery of several disks', versions: 1, cut: 0.8, disks: 2, ...backup },
  { name: 'recovery before a deletion', versions: 2, cut: 0.7, ...deletionOf(0) },
  { name: 'deletion of the oldest', versions: 3, ...deletionOf(0) },
  { name: 'deletion in the middle', versions: 3, ...deletionOf(1) },
  { name: 'roll-back of the newest', versions: 2, ...deletionOf(1) },
  { name: 'roll-back of the newest two', versions: 3, ...deletionOf(1, 2) },
  { name: 'pruning', versions: 3, ...pruning(0, 0, 1) },
  { name: 'pruning and compaction', versions: 4, days: [0, 31], ...pruning(2, 1, 2) },
  { name: 'compaction', versions: 4, gone: [1, 2], ...compaction },
  { name: 'compaction of several disks', versions: 3, disks: 2, diskSize: 4 * mebibyte, gone: [1], ...compaction },
  { name: 'compaction of what was merged', versions: 5, gone: [1, 3], cut: 1, cutCompaction: true, ...deletionOf(2) },
  {
    name: 'compaction after one that was cut',
    versions: 4,
    gone: [1, 2],
    cut: 0.8,
    cutCompaction: true,
    ...compaction,
  },
  {
    name: 'backup after a compaction that was cut',
    versions: 4,
    gone: [1, 2],
    cut: 0.9,
    cutCompaction: true,
    ...backup,
  },
  { name: 'roll-back over a merged layer', versions: 4, gone: [1, 2], cut: 1, cutCompaction: true, ...deletionOf(3) },
  { name: 're-use of blocks', versions: 3, diskSize: 14 * mebibyte, moves: true, gone: [0], ...backup },
  {
    name: 'recovery of a re-use',
    versions: 3,
    diskSize: 14 * mebibyte,
    moves: true,
    gone: [0],
    cut: 0.7,
    ...deletionOf(1),
  },
  { name: 'copy that shares', versions: 2, shape: sharing, ...backup },
  { name: 'copies of several disks', versions: 1, disks: 2, shape: sharing, ...backup },
  { name: 'recovery of a copy', versions: 2, cut: 0.7, shape: sharing, ...backup },
  { name: 'deletion among copies', versions: 3, shape: sharing, ...deletionOf(1) },
  { name: 'deletion of the newest copy', versions: 3, shape: sharing, ...deletionOf(2) },
  { name: 'deletion of all', versions: 2, ...deletionOf(0, 1) },
  { name: 'sequential image', versions: 1, shape: { facets: [] }, ...backup },
  { name: 'recovery of a sequential image', versions: 1, cut: 0.8, shape: { facets: [] }, ...backup },
  { name: 'disc', versions: 1, shape: { facets: ['batch'], traits: { writeOnce: true } }, ...backup },
  { name: 'single version beside the old one', versions: 1, shape: singleVersion, ...backup, doomed: [0] },
  {
    name: 'single version in place',
    versions: 1,
    shape: { ...singleVersion, capacity: 22 * mebibyte },
    ...backup,
    doomed: [0],
  },
  {
    name: 'backup that makes room',
    versions: 3,
    // What the versions take, and not much more.
    shape: { capacity: 2.6 * mebibyte },
    ...backup,
    mayGo: [0, 1],
  },
];

/** Throws a `RangeError` when there is none. */
export function flowNamed(name: string): Flow {
  const flow = flows.find((one) => one.name === name);
  if (flow === undefined)
    throw new RangeError(`no flow "${name}"; there are: ${flows.map((one) => one.name).join(', ')}`);
  return flow;
}
