import type { ExtentSet } from '@sysimage/extents';
import type { Partition } from '@sysimage/partition-table';
import type { DiskSource, SourceMount } from '../contract/source.js';
import type { Consistency, Volume } from '../model/disk-layout.js';
import { holdsVolumes, lookInside, type Inside } from './look-inside.js';
import type { Patch } from './patched-source.js';
import type { SeenDisk, SeenFileSystem } from './see-disk.js';

/** By whom a volume in use is, or will be, read as it is at one instant. */
export interface VolumeSnapshot {
  readonly provider: string;
  readonly consistency: 'frozen' | 'crash';
  /** In words. */
  readonly how: string;
}

export interface InspectionSettings {
  /**
   * Names of content that a restored system makes anew by itself (`pagefile`, `swapfile`, `hiberfil`, `shadow-copies`) and that is not to be
   * taken.
   */
  readonly leaveOut?: readonly string[];
  /** By index of the partition, 0 for the whole disk. */
  readonly snapshots?: ReadonlyMap<number, VolumeSnapshot>;
  /** The snapshots are not taken yet: what they will hold is as far as known what is there now. */
  readonly promised?: boolean;
  /** Of volumes for which there is no snapshot: why. */
  readonly noSnapshots?: ReadonlyMap<number, string>;
}

interface DescribedVolume {
  readonly volume: Volume;
  /** Offsets from the start of the disk. */
  readonly map: ExtentSet | undefined;
  readonly overwrite: readonly Patch[];
}

/** What a partition holds, and what of it is to be taken. */
export function describeVolume(
  source: DiskSource,
  partition: Pick<Partition, 'index' | 'start' | 'size'>,
  { fileSystems, mapped }: Pick<SeenDisk, 'fileSystems' | 'mapped'>,
  settings: InspectionSettings,
): DescribedVolume {
  const fileSystem = fileSystems.get(partition.index);
  const described = describeItself(source, partition, fileSystem, settings);
  if (fileSystem === undefined || !holdsVolumes(fileSystem)) return described;
  const { type } = fileSystem;
  const { volumes, map, wholeReason } = insideOf(source, { ...partition, type }, mapped, settings);
  const volume = volumes.length === 0 ? described.volume : holding(described.volume, volumes, mapped, source);
  if (map !== undefined) {
    const used = { copied: 'used' as const, wholeReason: undefined, usedBytes: map.size };
    return { ...described, volume: { ...volume, ...used }, map };
  }
  // Why a volume is taken while it is written to is told already.
  return { ...described, volume: volume.consistency === 'live' ? volume : { ...volume, wholeReason } };
}

function describeItself(
  source: DiskSource,
  partition: Pick<Partition, 'index' | 'start' | 'size'>,
  fileSystem: SeenFileSystem | undefined,
  settings: InspectionSettings,
): DescribedVolume {
  const { leaveOut = [] } = settings;
  const snapshot = settings.snapshots?.get(partition.index);
  const {
    consistency,
    consistencyReason: reason,
    ...certainty
  } = consistencyOf(source, partition, fileSystem, settings);
  const allocated = isMapTrue(consistency, fileSystem, settings) ? fileSystem?.allocated : undefined;
  const left =
    allocated === undefined ? [] : (fileSystem?.optional ?? []).filter(({ name }) => leaveOut.includes(name));
  const map = left.reduce((rest, { extents }) => rest?.subtract(extents), allocated);
  const mount = mountOf(source, partition);
  const wholeReason = map === undefined ? whyWhole(consistency, reason, fileSystem) : undefined;
  const volume: Volume = {
    partition: partition.index,
    start: partition.start,
    size: partition.size,
    fileSystem: fileSystem?.type,
    label: fileSystem?.label,
    id: fileSystem?.id,
    ...(fileSystem?.pool === undefined ? {} : { pool: { ...fileSystem.pool } }),
    unitSize: fileSystem?.unitSize,
    consistency,
    consistencyReason: reason,
    ...certainty,
    ...(snapshot === undefined ? {} : { snapshot: snapshot.provider }),
    copied: map === undefined ? 'whole' : 'used',
    wholeReason,
    usedBytes: map?.size ?? partition.size,
    ...(left.length === 0 ? {} : { leftOut: left.map(({ name, extents }) => ({ name, bytes: extents.size })) }),
    mountPoint: mount?.mountPoint,
  };
  const overwrite = left.flatMap((content) =>
    content.overwrite.map(({ offset, bytes }) => ({ offset: partition.start + offset, bytes })),
  );
  return { volume, map: map?.shift(partition.start), overwrite };
}

/** The volumes in a partition: each must be as a partition must be. */
function insideOf(
  source: DiskSource,
  partition: Pick<Partition, 'index' | 'start' | 'size'> & Pick<SeenFileSystem, 'type'>,
  mapped: SeenDisk['mapped'],
  settings: InspectionSettings,
): Inside {
  const { mounts } = source;
  const snapshot = settings.snapshots?.get(partition.index);
  return lookInside(source, partition, mapped, (fileSystem, { fileSystem: id }) => {
    const isWritten = mounts.some((mount) => mount.fileSystem === id && !mount.readOnly);
    if (isWritten && snapshot === undefined) return 'mounted for writing';
    const isHeld = isWritten && snapshot !== undefined;
    const consistency = isHeld ? snapshot.consistency : fileSystem.state === 'clean' ? 'clean' : 'crash';
    return isMapTrue(consistency, fileSystem, settings) ? undefined : (fileSystem.stateReason ?? consistency);
  });
}

/**
 * What holds volumes tells nothing of whether they were closed in order, and is worth what the weakest of them is. Of one that nobody could
 * look into nobody knows.
 */
function holding(volume: Volume, inside: Inside['volumes'], mapped: SeenDisk['mapped'], source: DiskSource): Volume {
  const held: Volume = { ...volume, inside: [...inside] };
  if (volume.consistency === 'live' || volume.snapshot !== undefined) return held;
  const states = inside.map(({ path, wholeReason = '' }) => {
    const isThere = source.mapped?.some((each) => each.path === path) === true;
    const state = isThere ? stateOf(mapped.get(path)) : { why: wholeReason, isKnown: false };
    return state === undefined ? undefined : { ...state, why: `${path}: ${state.why}` };
  });
  const { consistencyReason: _, consistencyUnknown: __, ...own } = held;
  const unclean = states.filter((state) => state !== undefined);
  if (unclean.length === 0) return { ...own, consistency: 'clean' };
  return { ...own, ...uncleanVolume(unclean) };
}

function uncleanVolume(
  states: readonly UncleanState[],
): Pick<Volume, 'consistency' | 'consistencyReason' | 'consistencyUnknown'> {
  const known = states.filter(({ isKnown }) => isKnown);
  const told = known.length > 0 ? known : states;
  return {
    consistency: 'crash',
    consistencyReason: told.map(({ why }) => why).join('; '),
    ...(known.length > 0 ? {} : { consistencyUnknown: true }),
  };
}

/** A journal may refer to any block; but of a file system that was frozen it holds nothing that is not in place. */
function isMapTrue(
  consistency: Consistency,
  fileSystem: SeenFileSystem | undefined,
  { promised = false }: InspectionSettings,
): boolean {
  if (consistency !== 'frozen') return consistency === 'clean';
  return promised || fileSystem?.state === 'clean' || fileSystem?.trueWhenFrozen === true;
}

function whyWhole(
  consistency: Consistency,
  reason: string | undefined,
  fileSystem: SeenFileSystem | undefined,
): string {
  const ofFileSystem = fileSystem?.noMapReason ?? fileSystem?.stateReason ?? 'no known file system';
  return consistency === 'frozen' ? ofFileSystem : (reason ?? ofFileSystem);
}

/** Used blocks alone are enough only of a file system that was closed in order: a journal may refer to any block. */
function consistencyOf(
  source: DiskSource,
  partition: Pick<Partition, 'index' | 'start' | 'size'>,
  fileSystem: SeenFileSystem | undefined,
  { snapshots, noSnapshots }: InspectionSettings,
): Pick<Volume, 'consistency' | 'consistencyReason' | 'consistencyUnknown'> {
  const mount = mountOf(source, partition);
  const snapshot = snapshots?.get(partition.index);
  // What was taken stays what it is, whoever unmounts the volume meanwhile.
  if (snapshot !== undefined) {
    const where = mount === undefined ? 'in use' : `mounted for writing at ${mount.mountPoint}`;
    return { consistency: snapshot.consistency, consistencyReason: `${where}, ${snapshot.how}` };
  }
  if (mount !== undefined && !mount.readOnly) {
    const why = noSnapshots?.get(partition.index);
    const consistencyReason = `mounted for writing at ${mount.mountPoint}${why === undefined ? '' : ` (${why})`}`;
    return { consistency: 'live', consistencyReason };
  }
  const state = stateOf(fileSystem);
  return state === undefined ? { consistency: 'clean' } : uncleanVolume([state]);
}

/** Why a file system is not clean, and whether that is known. */
interface UncleanState {
  readonly why: string;
  readonly isKnown: boolean;
}

/** `undefined`: it was closed in order, or there is none. */
function stateOf(fileSystem: SeenFileSystem | undefined): UncleanState | undefined {
  if (fileSystem === undefined || fileSystem.state === 'clean') return undefined;
  const { type, state, stateReason } = fileSystem;
  if (state === 'unclean') return { why: stateReason ?? 'not closed in order', isKnown: true };
  return { why: stateReason ?? `whether ${type} was closed in order is not known`, isKnown: false };
}

/** What of a disk is mounted that lies, or may lie, in a part of it. */
export function mountsIn(
  { mounts }: Pick<DiskSource, 'mounts'>,
  { start, size }: Pick<Partition, 'start' | 'size'>,
): readonly SourceMount[] {
  return mounts.filter(({ offset }) => offset === undefined || (offset >= start && offset < start + size));
}

function mountOf(source: DiskSource, range: Pick<Partition, 'start' | 'size'>): SourceMount | undefined {
  const here = mountsIn(source, range);
  return here.find((mount) => !mount.readOnly) ?? here[0];
}
