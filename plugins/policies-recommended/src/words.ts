import type { BackupPlan } from '@sysimage/core/plugin';

/** Where several rules come from. */
export const microsoft = 'Microsoft, "Learn more about system image backup" (TechNet, 2009)';

type Volume = BackupPlan['disks'][number]['layout']['volumes'][number];

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A size for people: `1.5 GiB`. */
export function sizeInWords(bytes: number): string {
  let size = bytes;
  let index = 0;
  while (size >= 1024 && index < units.length - 1) {
    size /= 1024;
    index += 1;
  }
  return `${index === 0 ? size : size.toFixed(1)} ${units[index] ?? ''}`;
}

/** What a person calls a volume: its place, and what is known of it. */
export function volumeInWords(volume: Volume): string {
  const place = volume.partition === 0 ? 'the volume of the whole disk' : `partition ${volume.partition}`;
  const facts = [volume.fileSystem, volume.label, volume.mountPoint].filter(
    (fact) => fact !== undefined && fact !== '',
  );
  return facts.length === 0 ? place : `${place} (${facts.join(', ')})`;
}

type Need = BackupPlan['systems'][number]['needs'][number];

const roles: Readonly<Record<Need['role'], string>> = {
  system: 'starts from it',
  boot: 'lies on it',
  recovery: 'has its recovery environment there',
  part: 'has part of itself there',
};

/** What a system does with a volume: `starts from it`. */
export function roleInWords(role: Need['role']): string {
  return roles[role];
}
