import { stat } from 'node:fs/promises';
import type { SourceMount } from '@sysimage/core/plugin';
import type { BlockDevice, BlockDevices } from './block-devices.js';
import { deviceAt, isAnonymous } from './device-number.js';
import { btrfsDevices } from './disks-below.js';
import { readMounts, type Mount } from './mount-table.js';
import type { SystemRoots } from './system-roots.js';

/** An image file, as `stat` knows it. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Where a device starts on the disk in question; `undefined` when its bytes are arranged in another way. */
type Starts = Map<string, number | undefined>;

/** What of a device or image file is mounted: itself, its partitions, and whatever was made of them. */
export async function mountsOf(
  disk: { readonly device: string } | { readonly file: FileIdentity },
  roots: SystemRoots,
  devices: BlockDevices,
): Promise<readonly SourceMount[]> {
  const all = await devices.all();
  const starts: Starts = new Map();
  const file = 'file' in disk ? disk.file : undefined;
  if ('device' in disk) await addDevice(disk.device, 0);
  if (file !== undefined) await addLoops(file, undefined, 0);
  // What other loop devices show of the same file is the same bytes.
  const own = 'device' in disk ? all.find((each) => each.number === disk.device)?.loop : undefined;
  const behind = own === undefined ? undefined : await stat(own.backingFile, { bigint: true }).catch(() => undefined);
  if (own !== undefined && behind?.isFile() === true) await addLoops(behind, undefined, -own.offset);

  async function addDevice(number: string, start: number | undefined): Promise<void> {
    if (starts.has(number)) return;
    starts.set(number, start);
    const device = all.find((each) => each.number === number);
    if (device === undefined) return;
    for (const partition of device.partitions) {
      const from = all.find((each) => each.number === partition)?.partition?.start;
      await addDevice(partition, start === undefined || from === undefined ? undefined : start + from);
    }
    for (const name of device.holders) {
      const holder = all.find((each) => each.name === name);
      if (holder !== undefined) await addDevice(holder.number, undefined);
    }
    await addLoops(undefined, number, start);
  }

  /** Loop devices over the image file, or over a device. */
  async function addLoops(
    image: FileIdentity | undefined,
    device: string | undefined,
    start: number | undefined,
  ): Promise<void> {
    for (const each of all) {
      if (each.loop === undefined || !(await backs(each.loop.backingFile, image, device))) continue;
      await addDevice(each.number, start === undefined ? undefined : start + each.loop.offset);
    }
  }

  async function backs(path: string, image: FileIdentity | undefined, device: string | undefined): Promise<boolean> {
    return image === undefined ? (await deviceAt(path, roots, devices)) === device : isFile(path, image);
  }

  const found: SourceMount[] = [];
  for (const mount of await readMounts(roots)) {
    const place = await placeOf(mount, { starts, file, all }, roots, devices);
    if (place === undefined) continue;
    const { mountPoint, readOnly } = mount;
    found.push({ mountPoint, readOnly, ...(place.start === undefined ? {} : { offset: place.start }) });
  }
  return found;
}

interface Sought {
  readonly starts: Starts;
  readonly file: FileIdentity | undefined;
  readonly all: readonly BlockDevice[];
}

/** `undefined` when the mount is of something else. */
async function placeOf(
  mount: Mount,
  { starts, file, all }: Sought,
  roots: SystemRoots,
  devices: BlockDevices,
): Promise<{ readonly start: number | undefined } | undefined> {
  if (starts.has(mount.device)) return { start: starts.get(mount.device) };
  if (!isAnonymous(mount.device) || !mount.source.startsWith('/')) return undefined;
  if (mount.fileSystem === 'btrfs') {
    for (const name of await btrfsDevices(mount, roots, devices)) {
      const number = all.find((each) => each.name === name)?.number;
      if (number !== undefined && starts.has(number)) return { start: starts.get(number) };
    }
  }
  const number = await deviceAt(mount.source, roots, devices);
  if (number !== undefined) return starts.has(number) ? { start: starts.get(number) } : undefined;
  // FUSE over an image file: where in it the volume starts is the program's secret.
  const same = mount.fileSystem.startsWith('fuse') && file !== undefined && (await isFile(mount.source, file));
  return same ? { start: undefined } : undefined;
}

async function isFile(path: string, file: FileIdentity): Promise<boolean> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.dev === file.dev && found.ino === file.ino;
}
