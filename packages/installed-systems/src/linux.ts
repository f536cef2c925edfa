import { findLoaderEntries } from './find-loader-entries.js';
import type { InstalledSystem, Need } from './installed-system.js';
import { neededByType } from './needed-by-type.js';
import { volumeNamed } from './volume-named.js';
import { findFile, readText, shortened, type CandidateVolume } from './volume.js';
import { withLoaders } from './with-loaders.js';

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
/** Kernels and loaders that lie in the system's own volume when it has no other for them. */
const loaders = ['boot/grub/grub.cfg', 'boot/grub2/grub.cfg', 'boot/extlinux/extlinux.conf', 'boot/loader/loader.conf'];

/** The Linux systems on volumes, with the volumes that each needs, as its own /etc/fstab and the boot loaders say. */
export async function findLinux(volumes: readonly CandidateVolume[]): Promise<readonly InstalledSystem[]> {
  return withLoaders(await findRoots(volumes), await findLoaderEntries(volumes), volumes);
}

/** Those of which the root can be read. */
async function findRoots(volumes: readonly CandidateVolume[]): Promise<readonly InstalledSystem[]> {
  const systems: InstalledSystem[] = [];
  for (const volume of volumes) {
    // A link on most systems, and links are not followed.
    const release = await readText(volume, ['usr/lib/os-release', 'etc/os-release']);
    const table = await readText(volume, ['etc/fstab']);
    if (release === undefined && (table === undefined || (await findFile(volume, 'etc/passwd')) === undefined))
      continue;
    const needs: Need[] = [{ disk: volume.disk, partition: volume.partition, role: 'boot' }];
    const missing: string[] = [];
    const mounts = entriesOf(table ?? '');
    for (const [source, place] of mounts) {
      const role = neededMountPoints.get(place);
      if (role === undefined) continue;
      const found = volumeNamed(source, volume, volumes);
      if (found === undefined && isOnDisk.test(source)) missing.push(place);
      if (found !== undefined && !isNeeded(needs, found))
        needs.push({ disk: found.disk, partition: found.partition, role });
    }
    // Firmware, and systemd, find these though no table mounts them.
    const mounted = new Set(mounts.map(([, place]) => place));
    for (const found of volumes.filter(({ disk }) => disk === volume.disk)) {
      const role = neededByType(found, mounted);
      if (role !== undefined && !isNeeded(needs, found))
        needs.push({ disk: found.disk, partition: found.partition, role });
    }
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
