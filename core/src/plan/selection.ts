import { SysimageError } from '../contract/errors.js';
import type { DiskLayout, DynamicGroupFacts, Volume } from '../model/disk-layout.js';

/** What users say of volumes; see `volumeFits` for how they spell one. Nothing said: all of them. */
export interface SelectionRequest {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/**
 * Leaves out the volumes that were not asked for: their layout is recorded, and nothing of what they hold. Errors: `invalid` when a
 * word fits no volume, when none is left, or when part of a dynamic disk would be.
 */
export function selectVolumes(
  layouts: readonly DiskLayout[],
  { include = [], exclude = [] }: SelectionRequest,
): readonly DiskLayout[] {
  const all = layouts.flatMap((layout, disk) => layout.volumes.map((volume) => ({ layout, disk, volume })));
  for (const text of [...include, ...exclude]) {
    if (all.some((each) => volumeFits(text, each))) continue;
    throw new SysimageError('invalid', `no volume is called "${text}"`, {
      operation: 'select volumes',
      remedy: `There are: ${all.map(nameOf).join(', ')}`,
    });
  }
  const isIn = (each: Candidate): boolean =>
    (include.length === 0 || include.some((text) => volumeFits(text, each))) &&
    !exclude.some((text) => volumeFits(text, each));
  if (all.length > 0 && !all.some(isIn)) {
    throw new SysimageError('invalid', 'no volume is left to back up', { operation: 'select volumes' });
  }
  return layouts.map((layout, disk) => {
    const volumes = layout.volumes.map((volume) => (isIn({ layout, disk, volume }) ? volume : leftOut(volume)));
    if (layout.dynamic !== undefined && !volumes.every(isSelected)) throw cutGroup(layout.dynamic, disk);
    return { ...layout, volumes };
  });
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
}

const named = /^(LABEL|UUID|PARTUUID|PARTLABEL)=(.+)$/isu;

/**
 * A volume is spelled as its partition (`2`, or `1:2` for partition 2 of disk 1), its mount point (`/home`), or as mount does it:
 * `LABEL=`, `UUID=`, `PARTUUID=`, `PARTLABEL=`. A plain word is a label.
 */
function volumeFits(text: string, { layout, disk, volume }: Candidate): boolean {
  const partition = layout.partitions.find(({ index }) => index === volume.partition);
  const numbers = /^(?:(\d+):)?(\d+)$/u.exec(text);
  if (numbers !== null) {
    const [, onDisk, number] = numbers;
    return Number(number) === volume.partition && (onDisk === undefined || Number(onDisk) === disk);
  }
  if (text.startsWith('/')) return volume.mountPoint === text;
  const [, key = 'LABEL', value = text] = named.exec(text) ?? [];
  const facts: Readonly<Record<string, string | undefined>> = {
    LABEL: volume.label,
    UUID: volume.id,
    PARTUUID: partition?.id,
    PARTLABEL: partition?.name,
  };
  return facts[key.toUpperCase()]?.toLowerCase() === value.toLowerCase();
}

function nameOf({ disk, volume }: Candidate): string {
  const facts = [volume.label, volume.mountPoint].filter((fact) => fact !== undefined && fact !== '');
  return `${disk}:${volume.partition}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
}

function leftOut(volume: Volume): Volume {
  const { wholeReason: _, ...rest } = volume;
  return { ...rest, copied: 'none', usedBytes: 0 };
}
