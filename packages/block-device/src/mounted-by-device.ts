import type { SourceMount } from '@sysimage/core/plugin';
import type { BlockDevice, BlockDevices } from './block-devices.js';
import { isAnonymous } from './device-number.js';
import { btrfsDevices, idOfFileSystem } from './disks-below.js';
import type { MachineSource } from './machine-source.js';
import { parseMounts } from './mount-table.js';

/** The file system of a device: the kernel's word for what it has mounted. */
export interface Mounted {
  readonly type: string | undefined;
  readonly mounts: readonly SourceMount[];
}

/** By number of the device, for every device that a mounted file system lies on itself. */
export async function mountedByDevice(
  byName: ReadonlyMap<string, BlockDevice>,
  source: MachineSource,
  devices: BlockDevices,
): Promise<ReadonlyMap<string, Mounted>> {
  const found = new Map<string, Mounted>();
  for (const mount of parseMounts(await source.mountLines())) {
    const { fileSystem, mountPoint, readOnly } = mount;
    const isFuse = fileSystem.startsWith('fuse');
    const numbers = new Set<string>();
    if (!isAnonymous(mount.device)) numbers.add(mount.device);
    else if (fileSystem === 'btrfs') {
      for (const name of await btrfsDevices(mount, source, devices)) {
        const device = byName.get(name);
        if (device !== undefined) numbers.add(device.number);
      }
    } else if (isFuse && mount.source.startsWith('/')) {
      const place = await source.locate(mount.source);
      if (place.kind === 'device') numbers.add(place.number);
    }
    for (const number of numbers) {
      const before = found.get(number);
      const mounts = [...(before?.mounts ?? []), { mountPoint, readOnly, fileSystem: idOfFileSystem(mount) }];
      // Which one a FUSE program reads, only that program knows.
      found.set(number, { type: before?.type ?? (isFuse ? undefined : fileSystem), mounts });
    }
  }
  return found;
}
