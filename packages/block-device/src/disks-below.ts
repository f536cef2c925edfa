import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DisksBelow, PhysicalDisk } from '@sysimage/core/plugin';
import type { BlockDevice, BlockDevices } from './block-devices.js';
import { deviceAt, deviceNumber, isAnonymous } from './device-number.js';
import { isDynamic } from './dynamic-disk.js';
import { mountOf, readMounts, type Mount } from './mount-table.js';
import type { SystemRoots } from './system-roots.js';

// Deeper than anyone stacks devices; ends circles.
const deepest = 16;

export interface PhysicalDisks {
  /** Below a file or folder, or of a device. */
  belowPath(path: string): Promise<DisksBelow>;
  belowDevice(number: string): Promise<DisksBelow>;
}

/** Follows partitions, loop devices, device-mapper, md, btrfs and FUSE down to whole physical disks. */
export function createPhysicalDisks(roots: SystemRoots, devices: BlockDevices): PhysicalDisks {
  async function belowPath(path: string, depth: number): Promise<DisksBelow> {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found === undefined) return unknown(`${path} cannot be found`);
    if (found.isBlockDevice()) return belowDevice(deviceNumber(found.rdev), depth);
    const number = deviceNumber(found.dev);
    if (!isAnonymous(number)) return belowDevice(number, depth);
    const mount = mountOf(await realpath(path), await readMounts(roots));
    return mount === undefined ? unknown(`the mount of ${path} cannot be found`) : belowMount(mount, depth);
  }

  async function belowMount(mount: Mount, depth: number): Promise<DisksBelow> {
    const { fileSystem, source, mountPoint } = mount;
    if (fileSystem === 'btrfs') {
      const names = await btrfsDevices(mount, roots, devices);
      if (names.length > 0) return belowAll(names, depth);
    }
    if (/^fuse(?:blk)?(?:\.|$)/u.test(fileSystem) && source.startsWith('/')) {
      const device = await deviceAt(source, roots, devices);
      if (device !== undefined) return belowDevice(device, depth + 1);
      const file = await stat(source).catch(() => undefined);
      if (file?.isFile() === true) return belowPath(source, depth + 1);
    }
    return unknown(`${mountPoint} is ${fileSystem}, which lies on no device of its own`);
  }

  async function belowDevice(number: string, depth: number): Promise<DisksBelow> {
    if (depth > deepest) return unknown('the devices are stacked too deep');
    const device = await devices.byNumber(number);
    if (device === undefined) return unknown(`the system does not show the device ${number}`);
    if (device.partition !== undefined) return belowDevice(device.partition.disk, depth + 1);
    if (device.loop !== undefined) return belowPath(device.loop.backingFile, depth + 1);
    if (device.slaves.length > 0) return belowAll(device.slaves, depth);
    return { known: true, disks: [await physicalDisk(device)] };
  }

  async function belowAll(names: readonly string[], depth: number): Promise<DisksBelow> {
    const disks = new Map<string, PhysicalDisk>();
    for (const name of names) {
      const device = await devices.byName(name);
      if (device === undefined) return unknown(`the system does not show the device ${name}`);
      const below = await belowDevice(device.number, depth + 1);
      if (!below.known) return below;
      for (const disk of below.disks) disks.set(disk.id, disk);
    }
    return { known: true, disks: [...disks.values()] };
  }

  async function physicalDisk(device: BlockDevice): Promise<PhysicalDisk> {
    const below = device.name.replaceAll('!', '/');
    const dynamic = await isDynamic(join(roots.devRoot, below), device.sectorSize);
    return { id: `sysfs:${device.number}`, name: `/dev/${below}`, dynamic };
  }

  return {
    belowPath: (path) => belowPath(path, 0),
    belowDevice: (number) => belowDevice(number, 0),
  };
}

/** Names of all devices of the file system that is mounted there; the mount itself names only one of them. */
export async function btrfsDevices(mount: Mount, roots: SystemRoots, devices: BlockDevices): Promise<string[]> {
  const number = await deviceAt(mount.source, roots, devices);
  const device = number === undefined ? undefined : await devices.byNumber(number);
  if (device === undefined) return [];
  const folder = join(roots.sysRoot, 'fs/btrfs');
  for (const id of await readdir(folder).catch(() => [])) {
    const names: string[] = await readdir(join(folder, id, 'devices')).catch(() => []);
    if (names.includes(device.name)) return names;
  }
  return [];
}

function unknown(why: string): DisksBelow {
  return { known: false, why };
}
