import { ExtentSet } from '@sysimage/extents';
import { SysimageError } from '../contract/errors.js';
import type { DiskSource, MappedVolume } from '../contract/source.js';
import { grainSize } from '../image/grain.js';
import type { DiskFacts, FileSystemFacts } from '../model/disk-facts.js';
import { readRuns, runsOf } from '../model/recorded-runs.js';
import type { KnownDisk } from './inspected-disks.js';
import type { SeenDisk, SeenFileSystem } from './see-disk.js';

type MappedFacts = NonNullable<DiskFacts['mapped']>[number];
type Places = MappedVolume['places'];

/** A disk as a document: all that a plan goes by, and nothing of what it holds. */
export function diskFacts({ source, seen }: KnownDisk, snapshots: DiskFacts['snapshots']): DiskFacts {
  const {
    path: disk,
    kind,
    size,
    sectorSize,
    model,
    serial,
    mounts,
    mapped,
    unmapped,
    physicalDisks,
    physicalDisksUnknown,
  } = source;
  const { scheme, id, partitions, tables, problems, doubtful, dynamic, fileSystems, mapped: inside } = seen;
  return {
    path: disk,
    kind,
    size,
    sectorSize,
    ...(model === undefined ? {} : { model }),
    ...(serial === undefined ? {} : { serial }),
    ...(physicalDisksUnknown === undefined ? {} : { physicalDisksUnknown }),
    mounts: mounts.map((mount) => ({ ...mount })),
    ...(physicalDisks === undefined ? {} : { physicalDisks: physicalDisks.map((each) => ({ ...each })) }),
    ...(mapped === undefined ? {} : { mapped: mapped.map(volumeFacts) }),
    ...(unmapped === undefined ? {} : { unmapped: unmapped.map((volume) => ({ ...volume })) }),
    scheme,
    id,
    partitions: partitions.map((partition) => ({ ...partition })),
    tables: [...tables],
    problems: [...problems],
    ...(doubtful === undefined ? {} : { doubtful }),
    dynamic,
    fileSystems: [...fileSystems].map(([partition, fileSystem]) => ({
      partition,
      ...fileSystemFacts(fileSystem, placesOf(source, seen, partition)),
    })),
    mappedFileSystems: [...inside].map(([path, fileSystem]) => ({
      path,
      ...fileSystemFacts(fileSystem, mapped?.find((volume) => volume.path === path)?.places ?? []),
    })),
    snapshots,
  };
}

function volumeFacts({ path, size, fileSystem, places, read }: MappedVolume): MappedFacts {
  const facts = { path, size, fileSystem, places: places.map((place) => ({ ...place })) };
  return read === undefined ? facts : { ...facts, encrypted: true };
}

function knownVolume({ encrypted = false, ...volume }: MappedFacts): MappedVolume {
  return encrypted ? { ...volume, read: () => Promise.reject(unreadable(volume.path)) } : volume;
}

function fileSystemFacts(fileSystem: SeenFileSystem, places: Places): FileSystemFacts {
  const { allocated, optional } = fileSystem;
  return {
    ...marksOf(fileSystem),
    ...(allocated === undefined ? {} : { allocated: runsOf(onDisk(allocated, places)) }),
    optional: optional.map(({ name, extents }) => {
      // A grain that holds anything else must be taken all the same.
      const rest = onDisk((allocated ?? extents).subtract(extents), places).alignOut(grainSize);
      return { name, grains: runsOf(onDisk(extents, places).alignOut(grainSize).subtract(rest)) };
    }),
  };
}

/** The disk of a document. Nobody can read it any more: that is `unsupported`. */
export function knownDisk(facts: DiskFacts): KnownDisk {
  const { path, kind, size, sectorSize, model, serial, physicalDisks, physicalDisksUnknown, mounts } = facts;
  const { mapped, unmapped } = facts;
  const source: DiskSource = {
    path,
    kind,
    size,
    sectorSize,
    mounts,
    ...(model === undefined ? {} : { model }),
    ...(serial === undefined ? {} : { serial }),
    ...(physicalDisks === undefined ? {} : { physicalDisks }),
    ...(physicalDisksUnknown === undefined ? {} : { physicalDisksUnknown }),
    ...(mapped === undefined ? {} : { mapped: mapped.map(knownVolume) }),
    ...(unmapped === undefined ? {} : { unmapped }),
    read: () => Promise.reject(unreadable(path)),
    close: () => Promise.resolve(),
  };
  const { scheme, id, partitions, tables, problems, doubtful, dynamic } = facts;
  const seen: SeenDisk = {
    scheme,
    id,
    partitions,
    tables: ExtentSet.from(tables),
    problems,
    ...(doubtful === undefined ? {} : { doubtful }),
    dynamic,
    fileSystems: new Map(
      facts.fileSystems.map(({ partition, ...fileSystem }) => [
        partition,
        seenFileSystem(fileSystem, placesOf(facts, facts, partition), size),
      ]),
    ),
    mapped: new Map(
      facts.mappedFileSystems.map(({ path: volume, ...fileSystem }) => [
        volume,
        seenFileSystem(fileSystem, mapped?.find((each) => each.path === volume)?.places ?? [], size),
      ]),
    ),
  };
  return { source, seen };
}

function seenFileSystem(fileSystem: FileSystemFacts, places: Places, diskSize: number): SeenFileSystem {
  const { allocated, optional } = fileSystem;
  const setOf = (runs: string): ExtentSet => inVolume(readRuns(runs, diskSize), places);
  return {
    ...marksOf(fileSystem),
    allocated: allocated === undefined ? undefined : setOf(allocated),
    optional: optional.map(({ name, grains }) => ({ name, extents: setOf(grains), overwrite: [] })),
  };
}

/** What a document has of a file system beside its map; readers may tell more, which no plan goes by. */
function marksOf({
  type,
  label,
  id,
  pool,
  state,
  stateReason,
  trueWhenFrozen,
  unitSize,
  size,
  noMapReason,
}: Omit<FileSystemFacts, 'allocated' | 'optional'>): Omit<SeenFileSystem, 'allocated' | 'optional'> {
  return {
    type,
    label,
    id,
    ...(pool === undefined ? {} : { pool }),
    state,
    stateReason,
    trueWhenFrozen,
    unitSize,
    size,
    noMapReason,
  };
}

/** Where the bytes of a partition lie, as of a volume that is made of it; of one that the table does not name, nowhere. */
function placesOf(
  { size }: Pick<DiskSource, 'size'>,
  { partitions }: Pick<SeenDisk, 'partitions'>,
  index: number,
): Places {
  if (index === 0) return [{ at: 0, length: size, start: 0 }];
  const partition = partitions.find((each) => each.index === index);
  return partition === undefined ? [] : [{ at: 0, length: partition.size, start: partition.start }];
}

function onDisk(set: ExtentSet, places: Places): ExtentSet {
  return places.reduce(
    (all, { at, length, start }) => all.union(set.clip(at, at + length).shift(start - at)),
    ExtentSet.empty,
  );
}

function inVolume(set: ExtentSet, places: Places): ExtentSet {
  return places.reduce(
    (all, { at, length, start }) => all.union(set.clip(start, start + length).shift(at - start)),
    ExtentSet.empty,
  );
}

function unreadable(path: string): SysimageError {
  return new SysimageError('unsupported', `${path} is a disk of a recorded machine: what is on it was not recorded`, {
    operation: 'open',
    context: { path },
  });
}
