import type { SourceMount } from '@sysimage/core/plugin';
import type { BlockDevice, BlockDevices } from './block-devices.js';
import { isAnonymous } from './device-number.js';
import { btrfsDevices, idOfFileSystem } from './disks-below.js';
import type { DiskSurroundings } from './disk-file.js';
import type { FileIdentity, MachineSource, Place } from './machine-source.js';
import { parseMounts, type Mount } from './mount-table.js';

/** Where a device starts on the disk in question; `undefined` when nobody can tell. */
type Start = number | undefined;

/** How a device lies on the disk in question. */
interface Lie {
  readonly start: Start;
  /** Where the partition starts that it lies in, when there is one. */
  readonly partition: Start;
  /** Its bytes follow each other as they do on the disk: places in it can be counted from its start. */
  readonly straight: boolean;
}

const wholeDisk: Lie = { start: 0, partition: undefined, straight: true };

// More partitions of one disk no volume is spread over; ends circles.
const mostPlaces = 128;

/** What of a device or image file is mounted: itself, its partitions, and whatever was made of them. */
export async function mountsOf(
  disk: { readonly device: string } | { readonly file: FileIdentity },
  { source, devices, isHeld }: Pick<DiskSurroundings, 'source' | 'devices' | 'isHeld'>,
): Promise<readonly SourceMount[]> {
  const all = await devices.all();
  const loops = all.filter(({ loop }) => loop !== undefined);
  const byNumber = new Map(all.map((device) => [device.number, device]));
  const byName = new Map(all.map((device) => [device.name, device]));
  const starts = new Map<string, Set<Start>>();
  const file = 'file' in disk ? disk.file : undefined;
  const backing = await backingFiles(all, source);
  if ('device' in disk) addDevice(disk.device, wholeDisk);
  if (file !== undefined) addLoops((place) => isFile(place, file), wholeDisk);
  // What other loop devices show of the same file is the same bytes.
  const own = 'device' in disk ? byNumber.get(disk.device) : undefined;
  const behind = own === undefined ? undefined : backing.get(own.number);
  if (own?.loop !== undefined && behind?.kind === 'file' && behind.file !== undefined) {
    const { file: same } = behind;
    addLoops((place) => isFile(place, same), { ...wholeDisk, start: -own.loop.offset });
  }

  function addDevice(number: string, lie: Lie): void {
    const known = starts.get(number) ?? new Set();
    if (known.has(lie.start) || known.size >= mostPlaces) return;
    starts.set(number, known.add(lie.start));
    const device = byNumber.get(number);
    if (device === undefined) return;
    for (const name of device.partitions) {
      const below = byName.get(name);
      if (below === undefined) continue;
      const inside = moved(lie, below.partition?.start);
      addDevice(below.number, lie.straight ? { ...inside, partition: inside.start } : inside);
    }
    for (const name of device.holders) {
      const holder = byName.get(name);
      const { partition } = lie;
      if (holder !== undefined) addDevice(holder.number, { start: partition, partition, straight: false });
    }
    addLoops((place) => place.kind === 'device' && place.number === number, lie);
  }

  /** Loop devices over the image file, or over a device. */
  function addLoops(isOver: (place: Place) => boolean, lie: Lie): void {
    for (const each of loops) {
      const place = backing.get(each.number);
      if (place !== undefined && isOver(place)) addDevice(each.number, moved(lie, each.loop?.offset));
    }
  }

  const found: SourceMount[] = [];
  const seen = new Set<string>();
  for (const mount of parseMounts(await source.mountLines())) {
    const { mountPoint, readOnly } = mount;
    const fileSystem = idOfFileSystem(mount);
    const { numbers, isFile: isInFile } = await devicesOf(mount, { file, byName }, source, devices);
    for (const number of numbers) seen.add(number);
    const offsets = new Set(isInFile ? [undefined] : numbers.flatMap((number) => [...(starts.get(number) ?? [])]));
    for (const offset of offsets)
      found.push({ mountPoint, readOnly, fileSystem, ...(offset === undefined ? {} : { offset }) });
  }
  for (const [number, places] of starts) {
    const device = byNumber.get(number);
    if (device === undefined || seen.has(number) || !standsAlone(device) || (await isHeld?.(device.name)) !== true)
      continue;
    for (const offset of places)
      found.push({ mountPoint: unseen, readOnly: false, ...(offset === undefined ? {} : { offset }) });
  }
  return found;
}

/** Where something is mounted, as far as anybody knows. */
const unseen = 'a place that cannot be seen from here';

/** What is made of it has it, and is looked at itself; and whoever closes what is suspended may have to wait. */
function standsAlone({ partitions, holders, mapped }: BlockDevice): boolean {
  return partitions.length === 0 && holders.length === 0 && mapped?.suspended !== true;
}

/** Of what is not arranged as on the disk, no more is known than where it lies. */
function moved(lie: Lie, by: Start): Lie {
  if (!lie.straight) return lie;
  return { ...lie, start: lie.start === undefined || by === undefined ? undefined : lie.start + by };
}

async function backingFiles(
  all: readonly BlockDevice[],
  source: Pick<MachineSource, 'locate'>,
): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  for (const { number, loop } of all) if (loop !== undefined) places.set(number, await source.locate(loop.backingFile));
  return places;
}

interface Sought {
  readonly file: FileIdentity | undefined;
  readonly byName: ReadonlyMap<string, BlockDevice>;
}

/** The devices that a mounted file system lies on; `isFile`: it is the image file itself that is mounted. */
async function devicesOf(
  mount: Mount,
  { file, byName }: Sought,
  source: MachineSource,
  devices: BlockDevices,
): Promise<{ readonly numbers: readonly string[]; readonly isFile?: true }> {
  if (!isAnonymous(mount.device)) return { numbers: [mount.device] };
  if (!mount.source.startsWith('/')) return { numbers: [] };
  if (mount.fileSystem === 'btrfs') {
    const names = await btrfsDevices(mount, source, devices);
    const numbers = names.flatMap((name) => byName.get(name)?.number ?? []);
    if (numbers.length > 0) return { numbers };
  }
  const place = await source.locate(mount.source);
  if (place.kind === 'device') return { numbers: [place.number] };
  // FUSE over an image file: where in it the volume starts is the program's secret.
  const isInFile = mount.fileSystem.startsWith('fuse') && file !== undefined && isFile(place, file);
  return isInFile ? { numbers: [], isFile: true } : { numbers: [] };
}

function isFile(place: Place, { dev, ino }: FileIdentity): boolean {
  return place.kind === 'file' && place.file?.dev === dev && place.file.ino === ino;
}
