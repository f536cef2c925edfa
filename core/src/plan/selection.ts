import { SysimageError } from '../contract/errors.js';
import type { DiskSource, SourceMount } from '../contract/source.js';
import type { DiskLayout, DynamicGroupFacts, Volume } from '../model/disk-layout.js';
import { partitionIdOf } from './partition-id.js';

/** What users say of volumes; see `volumeFits` for how they spell one. Nothing said: all of them. */
export interface SelectionRequest {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** A disk as the machine has it in use. */
export type DiskInUse = Pick<DiskSource, 'path' | 'mounts'>;

/**
 * Leaves out the volumes that were not asked for: their layout is recorded, and nothing of what they hold. `sources`: whose layouts these are,
 * as far as that is known. Errors: `invalid` when a word fits no volume, when none is left, when part of a dynamic disk would be, or when
 * something is left out by a mount point of which there are others in its volume.
 */
export function selectVolumes(
  layouts: readonly DiskLayout[],
  { include = [], exclude = [] }: SelectionRequest,
  sources: readonly DiskInUse[] = [],
): readonly DiskLayout[] {
  const candidateOf = (layout: DiskLayout, disk: number, volume: Volume): Candidate => {
    const { path, mounts = [] } = sources[disk] ?? {};
    return { layout, disk, volume, path, mounts: mountsOf(volume, mounts) };
  };
  const all = layouts.flatMap((layout, disk) => layout.volumes.map((volume) => candidateOf(layout, disk, volume)));
  for (const text of [...include, ...exclude]) {
    if (all.some((each) => volumeFits(text, each))) continue;
    throw new SysimageError('invalid', `no volume is called "${text}"`, {
      operation: 'select volumes',
      remedy: `There are: ${all.map(nameOf).join(', ')}`,
    });
  }
  for (const text of exclude) for (const each of all) assertAlone(text, each);
  const isIn = (each: Candidate): boolean =>
    (include.length === 0 || include.some((text) => volumeFits(text, each))) &&
    !exclude.some((text) => volumeFits(text, each));
  if (all.length > 0 && !all.some(isIn)) {
    throw new SysimageError('invalid', 'no volume is left to back up', { operation: 'select volumes' });
  }
  return layouts.map((layout, disk) => {
    const volumes = layout.volumes.map((volume) =>
      isIn(candidateOf(layout, disk, volume)) ? volume : leftOut(volume),
    );
    if (layout.dynamic !== undefined && !volumes.every(isSelected)) throw cutGroup(layout.dynamic, disk);
    return { ...layout, volumes };
  });
}

/** Where the volume is mounted, and what is made of it. */
function mountsOf({ start, size, mountPoint }: Volume, mounts: readonly SourceMount[]): readonly SourceMount[] {
  const here = mounts.filter(({ offset }) => offset !== undefined && offset >= start && offset < start + size);
  const isKnown = mountPoint === undefined || here.some((mount) => mount.mountPoint === mountPoint);
  return isKnown ? here : [{ mountPoint, readOnly: false }, ...here];
}

/** Who wants one of several without another would lose that, too. */
function assertAlone(text: string, each: Candidate): void {
  const { disk, volume, mounts } = each;
  const named = mounts.filter(({ mountPoint }) => isPlace(text, mountPoint));
  const others = mounts.filter(
    ({ mountPoint, fileSystem }) =>
      !isPlace(text, mountPoint) &&
      // Of Btrfs each may be another subvolume, else it is the same once more.
      (volume.fileSystem === 'btrfs' || named.every((mount) => mount.fileSystem !== fileSystem)),
  );
  if (named.length === 0 || others.length === 0) return;
  const number = `${disk}:${volume.partition}`;
  const places = [...new Set(others.map(({ mountPoint }) => mountPoint))].join(', ');
  throw new SysimageError(
    'invalid',
    `${text} cannot be left out: what lies at ${places} is in the same volume, ${number}`,
    {
      operation: 'select volumes',
      remedy: `Leave out all of it with --exclude ${number}, or nothing.`,
    },
  );
}

function cutGroup({ groupName }: DynamicGroupFacts, disk: number): SysimageError {
  const group = groupName === undefined ? '' : ` (group ${groupName})`;
  return new SysimageError('invalid', `disk ${disk} is dynamic${group}: no part of it can be left out`, {
    operation: 'select volumes',
    remedy:
      'Its volumes do not follow its partitions. Take all of it, with the other disks of the group, or leave the disk out.',
  });
}

/** True for a volume whose content is part of the version. */
export function isSelected({ copied }: Pick<Volume, 'copied'>): boolean {
  return copied !== 'none';
}

interface Candidate {
  readonly layout: DiskLayout;
  /** Index of the disk in the run. */
  readonly disk: number;
  readonly volume: Volume;
  readonly path: string | undefined;
  readonly mounts: readonly SourceMount[];
}

const named = /^(LABEL|UUID|PARTUUID|PARTLABEL)=(.+)$/isu;

/**
 * A volume is spelled as its partition (`2`, or `1:2` for partition 2 of disk 1), its mount point (`/home`, `D:`), its device (`/dev/sda2`), or
 * as mount does it: `LABEL=`, `UUID=`, `PARTUUID=`, `PARTLABEL=`. A plain word is a label.
 */
function volumeFits(text: string, { layout, disk, volume, path, mounts }: Candidate): boolean {
  const partition = layout.partitions.find(({ index }) => index === volume.partition);
  const numbers = /^(?:(\d+):)?(\d+)$/u.exec(text);
  if (numbers !== null) {
    const [, onDisk, number] = numbers;
    return Number(number) === volume.partition && (onDisk === undefined || Number(onDisk) === disk);
  }
  if (mounts.some(({ mountPoint }) => isPlace(text, mountPoint))) return true;
  if (text.startsWith('/')) return path !== undefined && text === deviceOf(path, volume.partition);
  const [, key = 'LABEL', value = text] = named.exec(text) ?? [];
  const facts: Readonly<Record<string, string | undefined>> = {
    LABEL: volume.label,
    UUID: volume.id,
    PARTUUID: partitionIdOf(layout, volume.partition),
    PARTLABEL: partition?.name,
  };
  return facts[key.toUpperCase()]?.toLowerCase() === value.toLowerCase();
}

/** The same place, whether or not a separator ends it; Windows has letters, which it does not tell apart by their case. */
function isPlace(text: string, mountPoint: string): boolean {
  const [wanted, there] = [text, mountPoint].map((place) => place.replace(/(?<=.)[/\\]+$/u, ''));
  return /^[a-z]:/iu.test(text)
    ? wanted?.toLowerCase() === there?.toLowerCase()
    : text.startsWith('/') && wanted === there;
}

/** As the kernel calls it. */
function deviceOf(path: string, partition: number): string {
  if (partition === 0) return path;
  return `${path}${/\d$/u.test(path) ? 'p' : ''}${partition}`;
}

function nameOf({ disk, volume }: Candidate): string {
  const facts = [volume.label, volume.mountPoint].filter((fact) => fact !== undefined && fact !== '');
  return `${disk}:${volume.partition}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
}

function leftOut(volume: Volume): Volume {
  const { wholeReason: _, ...rest } = volume;
  return { ...rest, copied: 'none', usedBytes: 0 };
}
