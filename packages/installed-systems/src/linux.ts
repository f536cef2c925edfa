import type { InstalledSystem, Need } from './installed-system.js';
import { findFile, readText, shortened, type CandidateVolume } from './volume.js';

/** Mount points of which a system needs the volumes, and what for, beside its own. */
export const neededMountPoints: ReadonlyMap<string, Need['role']> = new Map([
  ['/boot', 'system'],
  ['/boot/efi', 'system'],
  // Where small machines have what their firmware reads: Raspberry Pi and others of its kind.
  ['/boot/firmware', 'system'],
  ['/efi', 'system'],
  ['/usr', 'part'],
  ['/var', 'part'],
  ['/opt', 'part'],
] as const);
/**
 * Partitions that start a machine though nothing mounts them: EFI system partition, BIOS boot, PReP boot, and /boot of its own type
 * (Discoverable Partitions Specification); upper case.
 */
export const startTypes: ReadonlySet<string> = new Set([
  'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  '21686148-6449-6E6F-744E-656564454649',
  '9E1A2D38-C612-4316-AA26-8B49521E5A8B',
  'BC13C2FF-59E6-4262-A352-B275FD6F7172',
  'EF',
  '41',
]);
/** Kernels and loaders that lie in the system's own volume when it has no other for them. */
const loaders = ['boot/grub/grub.cfg', 'boot/grub2/grub.cfg', 'boot/extlinux/extlinux.conf', 'boot/loader/loader.conf'];

/** The Linux systems on volumes, with the volumes that each needs, as its own /etc/fstab says. */
export async function findLinux(volumes: readonly CandidateVolume[]): Promise<readonly InstalledSystem[]> {
  const systems: InstalledSystem[] = [];
  for (const volume of volumes) {
    // A link on most systems, and links are not followed.
    const release = await readText(volume, 'usr/lib/os-release', 'etc/os-release');
    const table = await readText(volume, 'etc/fstab');
    if (release === undefined && (table === undefined || (await findFile(volume, 'etc/passwd')) === undefined))
      continue;
    const needs: Need[] = [{ disk: volume.disk, partition: volume.partition, role: 'boot' }];
    const missing: string[] = [];
    for (const [source, place] of entriesOf(table ?? '')) {
      const role = neededMountPoints.get(place);
      if (role === undefined) continue;
      const found = volumeOf(source, volume, volumes);
      if (found === undefined && isOnDisk.test(source)) missing.push(place);
      if (found !== undefined && !isNeeded(needs, found))
        needs.push({ disk: found.disk, partition: found.partition, role });
    }
    // Firmware, and systemd, find these though no table mounts them.
    for (const found of volumes.filter((each) => each.disk === volume.disk && isStart(each)))
      if (!isNeeded(needs, found)) needs.push({ disk: found.disk, partition: found.partition, role: 'system' });
    const facts = fieldsOf(release ?? '');
    systems.push({
      family: 'linux',
      name: shortened(facts.get('PRETTY_NAME') ?? facts.get('NAME') ?? 'Linux'),
      version: shortened(facts.get('VERSION_ID') ?? '') || undefined,
      build: undefined,
      needs,
      startKnown: needs.some(({ role }) => role === 'system') || (await findFile(volume, ...loaders)) !== undefined,
      missing,
    });
  }
  return systems;
}

function isStart({ type }: CandidateVolume): boolean {
  return startTypes.has(type.toUpperCase());
}

function isNeeded(needs: readonly Need[], { disk, partition }: CandidateVolume): boolean {
  return needs.some((need) => need.disk === disk && need.partition === partition);
}

/** What is mounted, and where, by the lines of a mount table (fstab(5)). */
function entriesOf(table: string): readonly (readonly [string, string])[] {
  return table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      const [source, place] = line.split(/\s+/u);
      return source === undefined || place === undefined ? [] : [[fromTable(source), fromTable(place)] as const];
    });
}

/** A share, memory, or a folder of another volume is on no disk that could be missing. */
const isOnDisk = /^(?:\/dev\/|(?:UUID|LABEL|PARTUUID|PARTLABEL|ID)=)/u;

/** A volume as mount(8) names it; by its path only when that ends in the number of its partition on the same disk. */
function volumeOf(
  source: string,
  root: CandidateVolume,
  volumes: readonly CandidateVolume[],
): CandidateVolume | undefined {
  const [, path, escaped] = /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.+)$/u.exec(source) ?? [];
  const spelled = path === undefined ? source : `${path.toUpperCase()}=${unescaped(escaped ?? '')}`;
  const [, tag, value] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.+)$/u.exec(spelled) ?? [];
  if (value !== undefined) {
    const named = volumes.filter((volume) => isNamed(volume, tag, value));
    // A copy of the disk has the same names.
    return named.find(({ disk }) => disk === root.disk) ?? named[0];
  }
  const number = /^\/dev\/(?:(?:[hsv]|xv)d[a-z]+|(?:nvme\d+n\d+|mmcblk\d+)p)(\d+)$/u.exec(source)?.[1];
  return volumes.find(({ disk, partition }) => disk === root.disk && partition === Number(number));
}

function isNamed(
  { id, label, partitionId, partitionName }: CandidateVolume,
  tag: string | undefined,
  value: string,
): boolean {
  if (tag === 'LABEL') return label === value;
  if (tag === 'PARTLABEL') return partitionName === value;
  const found = tag === 'UUID' ? id : partitionId;
  return found?.toLowerCase() === value.toLowerCase();
}

/** udev writes what a name of a file cannot hold as `\\x20`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/giu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** A field of a mount table: what would part fields is written as `\\040`. */
function fromTable(text: string): string {
  const plain = text.replaceAll(/\\([0-7]{3})/gu, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return plain.replaceAll('"', '');
}

/** os-release(5): names and values, which may be in quotes. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^([A-Z0-9_]+)=(.*)$/u.exec(line.trim()));
  return new Map(
    lines.flatMap((match) => {
      const [, name, value] = match ?? [];
      return name === undefined || value === undefined ? [] : [[name, value.replace(/^(["'])(.*)\1$/u, '$2')] as const];
    }),
  );
}
