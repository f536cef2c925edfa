import type { InstalledSystem, Need } from './installed-system.js';
import { findFile, readText, type CandidateVolume } from './volume.js';

/** Mount points of which a system needs the volumes, and what for, beside its own. */
export const neededMountPoints: ReadonlyMap<string, Need['role']> = new Map([
  ['/boot', 'system'],
  ['/boot/efi', 'system'],
  ['/efi', 'system'],
  ['/usr', 'part'],
  ['/var', 'part'],
  ['/opt', 'part'],
] as const);
/** EFI system partition, and /boot of its own type (Discoverable Partitions Specification). */
const startTypes = ['C12A7328-F81F-11D2-BA4B-00A0C93EC93B', 'EF', 'BC13C2FF-59E6-4262-A352-B275FD6F7172'];
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
    let missing = false;
    for (const [source, place] of entriesOf(table ?? '')) {
      const role = neededMountPoints.get(place);
      if (role === undefined) continue;
      const found = volumeOf(source, volume, volumes);
      if (found === undefined) missing ||= role === 'system';
      else if (!isNeeded(needs, found)) needs.push({ disk: found.disk, partition: found.partition, role });
    }
    // Firmware, and systemd, find these though no table mounts them.
    for (const found of volumes.filter((each) => each.disk === volume.disk && isStart(each)))
      if (!isNeeded(needs, found)) needs.push({ disk: found.disk, partition: found.partition, role: 'system' });
    const facts = fieldsOf(release ?? '');
    systems.push({
      family: 'linux',
      name: facts.get('PRETTY_NAME') ?? facts.get('NAME') ?? 'Linux',
      version: facts.get('VERSION_ID'),
      build: undefined,
      needs,
      startKnown:
        !missing && (needs.some(({ role }) => role === 'system') || (await findFile(volume, ...loaders)) !== undefined),
    });
  }
  return systems;
}

function isStart({ type }: CandidateVolume): boolean {
  return startTypes.includes(type.toUpperCase());
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
      return source === undefined || place === undefined ? [] : [[unquoted(source), place] as const];
    });
}

/** A volume as mount(8) names it; by its path only when that ends in the number of its partition on the same disk. */
function volumeOf(
  source: string,
  root: CandidateVolume,
  volumes: readonly CandidateVolume[],
): CandidateVolume | undefined {
  const [, path, escaped] = /^\/dev\/disk\/by-(uuid|label|partuuid)\/(.+)$/u.exec(source) ?? [];
  const spelled = path === undefined ? unquoted(source) : `${path.toUpperCase()}=${unescaped(escaped ?? '')}`;
  const [, tag, value] = /^(UUID|LABEL|PARTUUID)=(.+)$/u.exec(spelled) ?? [];
  if (value !== undefined) {
    const same = (found: string | undefined): boolean => found?.toLowerCase() === unquoted(value).toLowerCase();
    return volumes.find((volume) =>
      tag === 'UUID' ? same(volume.id) : tag === 'LABEL' ? volume.label === unquoted(value) : same(volume.partitionId),
    );
  }
  const number = /^\/dev\/(?:[hsv]d[a-z]+|(?:nvme\d+n\d+|mmcblk\d+)p)(\d+)$/u.exec(source)?.[1];
  return volumes.find(({ disk, partition }) => disk === root.disk && partition === Number(number));
}

/** udev writes what a name of a file cannot hold as `\\x20`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/giu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function unquoted(text: string): string {
  return text.replaceAll('"', '');
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
