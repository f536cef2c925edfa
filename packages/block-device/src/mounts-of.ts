import type { SourceMount } from '@sysimage/core/plugin';
import type { BlockDevice, BlockDevices } from './block-devices.js';
import { isAnonymous } from './device-number.js';
import { btrfsDevices, idOfFileSystem } from './disks-below.js';
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
  source: MachineSource,
  devices: BlockDevices,
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
  for (const mount of parseMounts(await source.mountLines())) {
    const { mountPoint, readOnly } = mount;
    const fileSystem = idOfFileSystem(mount);
    for (const offset of await placesOf(mount, { starts, file, byName }, source, devices)) {
      found.push({ mountPoint, readOnly, fileSystem, ...(offset === undefined ? {} : { offset }) });
    }
  }
  return found;
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
  readonly starts: ReadonlyMap<string, ReadonlySet<Start>>;
  readonly file: FileIdentity | undefined;
  readonly byName: ReadonlyMap<string, BlockDevice>;
}

/** None when the mount is of something else. */
async function placesOf(
  mount: Mount,
  { starts, file, byName }: Sought,
  source: MachineSource,
  devices: BlockDevices,
): Promise<readonly Start[]> {
  const direct = starts.get(mount.device);
  if (direct !== undefined) return [...direct];
  if (!isAnonymous(mount.device) || !mount.source.startsWith('/')) return [];
  if (mount.fileSystem === 'btrfs') {
    const names = await btrfsDevices(mount, source, devices);
    const places = new Set(names.flatMap((name) => [...(starts.get(byName.get(name)?.number ?? '') ?? [])]));
    if (places.size > 0) return [...places];
  }
  const place = await source.locate(mount.source);
  if (place.kind === 'device') return [...(starts.get(place.number) ?? [])];
  // FUSE over an image file: where in it the volume starts is the program's secret.
  return mount.fileSystem.startsWith('fuse') && file !== undefined && isFile(place, file) ? [undefined] : [];
}

function isFile(place: Place, { dev, ino }: FileIdentity): boolean {
  return place.kind === 'file' && place.file?.dev === dev && place.file.ino === ino;
}
