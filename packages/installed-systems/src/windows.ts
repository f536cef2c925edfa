import { readBootConfiguration, type BootConfiguration, type BootDevice } from './boot-configuration.js';
import { openHive, textOf } from './hive.js';
import type { InstalledSystem, Need } from './installed-system.js';
import { findFile, readerOf, readText, unbroken, type CandidateDisk, type CandidateVolume } from './volume.js';

/** Folders of Windows; the second until Windows 2000. */
const folders = ['Windows', 'WINNT'];
/** Where the boot manager keeps what it starts: on an EFI system partition, and for BIOS. */
const configurations = ['EFI/Microsoft/Boot/BCD', 'Boot/BCD'];
/** Boot loaders before Windows Vista are on the active partition. */
const oldLoader = 'ntldr';
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
      systems.push({ family: 'windows', ...facts, needs, startKnown: own.length > 0 });
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
      const text = async (name: string): Promise<string | undefined> => textOf(await key?.value(name));
      const build = Number((await text('CurrentBuildNumber')) ?? (await text('CurrentBuild')));
      return {
        name: (await text('ProductName')) ?? 'Windows',
        version: (await text('DisplayVersion')) ?? (await text('CSDVersion')) ?? (await text('CurrentVersion')),
        build: Number.isSafeInteger(build) && build > 0 ? build : undefined,
      };
    })) ?? { name: 'Windows', version: undefined, build: undefined }
  );
}

/** A volume from which Windows starts, and what it says it starts; `undefined` for the loader of old systems, or when it cannot be read. */
interface Starter {
  readonly volume: CandidateVolume;
  readonly configuration: BootConfiguration | undefined;
  readonly isOld: boolean;
}

async function startersAmong(volumes: readonly CandidateVolume[]): Promise<readonly Starter[]> {
  const starters: Starter[] = [];
  for (const volume of volumes) {
    const entry = await findFile(volume, ...configurations);
    if (entry !== undefined) {
      const configuration = await unbroken(async () =>
        readBootConfiguration(await openHive(readerOf(volume, entry), entry.size)),
      );
      starters.push({ volume, configuration, isOld: false });
    } else if (volume.active && (await findFile(volume, oldLoader)) !== undefined) {
      starters.push({ volume, configuration: undefined, isOld: true });
    }
  }
  return starters;
}

/** The volumes that start the system on a volume: those that name it, or else the only one there is. */
function startersOf(
  starters: readonly Starter[],
  disks: readonly CandidateDisk[],
  volume: CandidateVolume,
): readonly CandidateVolume[] {
  const naming = starters.filter(({ configuration }) =>
    configuration?.entries.some(({ system }) => system !== undefined && isDevice(system, disks, volume)),
  );
  if (naming.length > 0) return naming.map((starter) => starter.volume);
  // What cannot be read, and the loader of old systems, may start anything of its disk.
  return starters
    .filter((starter) => (starter.isOld || starter.configuration === undefined) && starter.volume.disk === volume.disk)
    .map((starter) => starter.volume);
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
  const text = await readText(volume, `${folder}/System32/Recovery/ReAgent.xml`);
  const location = /<WinreLocation\s[^>]*>/u.exec(text ?? '')?.[0] ?? '';
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
