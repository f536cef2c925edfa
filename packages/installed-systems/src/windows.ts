import type { BootConfiguration, BootDevice } from './boot-configuration.js';
import { findBootConfigurations } from './find-boot-configurations.js';
import { openHive, textOf } from './hive.js';
import type { InstalledSystem, Need } from './installed-system.js';
import {
  findFile,
  readerOf,
  readText,
  shortened,
  unbroken,
  type CandidateDisk,
  type CandidateVolume,
} from './volume.js';

/** Folders of Windows; the second until Windows 2000. */
const folders = ['Windows', 'WINNT'];
/** Boot loaders before Windows Vista are on the active partition. */
const oldLoader = 'ntldr';
/** Characters. */
const longestTag = 4096;
const firstBuildOf11 = 22_000;
const recoveryTypes = ['DE94BBA4-06D1-4D40-A16A-BFD50179D6AC', '27'];
const recoveryImage = 'Recovery/WindowsRE/Winre.wim';

/** The Windows systems on volumes, with the volumes that each needs. */
export async function findWindows(
  disks: readonly CandidateDisk[],
  volumes: readonly CandidateVolume[],
): Promise<readonly InstalledSystem[]> {
  const starters = await startersAmong(volumes);
  const systems: InstalledSystem[] = [];
  for (const volume of volumes) {
    for (const folder of folders) {
      const facts = await factsOf(volume, folder);
      if (facts === undefined) continue;
      const needs: Need[] = [{ disk: volume.disk, partition: volume.partition, role: 'boot' }];
      const own = startersOf(starters, disks, volume);
      for (const { disk, partition } of own) needs.push({ disk, partition, role: 'system' });
      const recovery = await recoveryOf(disks, volumes, volume, folder);
      if (recovery !== undefined) needs.push({ disk: recovery.disk, partition: recovery.partition, role: 'recovery' });
      systems.push({ family: 'windows', ...facts, needs, startKnown: own.length > 0, missing: [] });
    }
  }
  return systems;
}

/** Name and version, from the registry of the system itself. */
async function factsOf(
  volume: CandidateVolume,
  folder: string,
): Promise<Pick<InstalledSystem, 'name' | 'version' | 'build'> | undefined> {
  const entry = await findFile(volume, `${folder}/System32/config/SOFTWARE`);
  if (entry === undefined) return undefined;
  return (
    (await unbroken(async () => {
      const { root } = await openHive(readerOf(volume, entry), entry.size);
      const key = await root.find('Microsoft\\Windows NT\\CurrentVersion');
      const text = async (name: string): Promise<string | undefined> => {
        const value = await textOf(await key?.value(name));
        return value === undefined ? undefined : shortened(value);
      };
      const build = Number((await text('CurrentBuildNumber')) ?? (await text('CurrentBuild')));
      return {
        name: nameOf((await text('ProductName')) ?? 'Windows', build),
        version:
          (await text('DisplayVersion')) ??
          (await text('ReleaseId')) ??
          (await text('CSDVersion')) ??
          (await text('CurrentVersion')),
        build: Number.isSafeInteger(build) && build > 0 ? build : undefined,
      };
    })) ?? { name: 'Windows', version: undefined, build: undefined }
  );
}

/** Windows 11 still calls itself 10 in its registry. */
function nameOf(product: string, build: number): string {
  return build >= firstBuildOf11 ? product.replace(/^Windows 10\b/u, 'Windows 11') : product;
}

/** A volume from which Windows starts, and what it says it starts; `undefined` for the loader of old systems, or when it cannot be read. */
interface Starter {
  readonly volume: CandidateVolume;
  readonly configuration: BootConfiguration | undefined;
  readonly isOld: boolean;
}

async function startersAmong(volumes: readonly CandidateVolume[]): Promise<readonly Starter[]> {
  const starters: Starter[] = (await findBootConfigurations(volumes)).map(({ volume, configuration }) => ({
    volume,
    configuration,
    isOld: false,
  }));
  for (const volume of volumes) {
    if (volume.active && (await findFile(volume, oldLoader)) !== undefined) {
      starters.push({ volume, configuration: undefined, isOld: true });
    }
  }
  return starters;
}

/** The volumes that start the system on a volume: those that name it, or else those of its disk that do not say what they start. */
function startersOf(
  starters: readonly Starter[],
  disks: readonly CandidateDisk[],
  volume: CandidateVolume,
): readonly CandidateVolume[] {
  const naming = starters.filter(({ configuration }) =>
    configuration?.entries.some(({ system }) => system !== undefined && isDevice(system, disks, volume)),
  );
  const found =
    naming.length > 0
      ? naming
      : starters.filter((starter) => starter.volume.disk === volume.disk && saysNothing(starter));
  return [...new Set(found.map((starter) => starter.volume))];
}

/** What cannot be read, the loader of old systems, and a configuration that means "where I lie" may start anything of their disk. */
function saysNothing({ isOld, configuration }: Starter): boolean {
  return isOld || configuration === undefined || configuration.entries.every(({ system }) => system === undefined);
}

function isDevice(device: BootDevice, disks: readonly CandidateDisk[], volume: CandidateVolume): boolean {
  if (disks[volume.disk]?.id?.toUpperCase() !== device.diskId.toUpperCase()) return false;
  return device.scheme === 'gpt'
    ? volume.partitionId?.toUpperCase() === device.partitionId
    : volume.start === device.start;
}

/** Where the recovery environment lies: where the system says, or on the partition of its type. It may be in the system's own volume. */
async function recoveryOf(
  disks: readonly CandidateDisk[],
  volumes: readonly CandidateVolume[],
  volume: CandidateVolume,
  folder: string,
): Promise<CandidateVolume | undefined> {
  const text = await readText(volume, [`${folder}/System32/Recovery/ReAgent.xml`]);
  const begin = text?.indexOf('<WinreLocation') ?? -1;
  const location = begin < 0 ? '' : (text?.slice(begin, begin + longestTag).split('>', 1)[0] ?? '');
  const offset = Number(/\soffset="(\d{1,16})"/u.exec(location)?.[1] ?? '0');
  const guid = /\sguid="\{([0-9a-f-]{36})\}"/iu.exec(location)?.[1]?.toUpperCase();
  const id = Number(/\sid="(\d{1,10})"/u.exec(location)?.[1] ?? '0');
  const signature = id === 0 ? undefined : id.toString(16).padStart(8, '0').toUpperCase();
  if (offset > 0) {
    const there = volumes.filter(({ start }) => start === offset);
    const named = there.find(({ disk }) => [guid, signature].includes(disks[disk]?.id?.toUpperCase() ?? ''));
    const found = named ?? there.find(({ disk }) => disk === volume.disk);
    if (found !== undefined) return found;
  }
  const typed = volumes.filter(({ disk, type }) => disk === volume.disk && recoveryTypes.includes(type.toUpperCase()));
  for (const candidate of [...typed, volume])
    if ((await findFile(candidate, recoveryImage)) !== undefined) return candidate;
  return undefined;
}
