import { SysimageError, type Disks, type DisksBelow, type DiskSummary } from '@sysimage/core/plugin';
import { createBlockDevices, type BlockDevice } from './block-devices.js';
import { openDiskDestination } from './disk-destination.js';
import type { Inventory } from './disk-file.js';
import { openDiskSource } from './disk-source.js';
import { createPhysicalDisks } from './disks-below.js';
import { systemRoots, type SystemRoots } from './system-roots.js';

/** The disks of this machine, and which of them lie below a path. */
export interface MachineDisks extends Disks {
  disksBelow(path: string): Promise<DisksBelow>;
}

/** Linux only, so far: elsewhere no disk is listed and what lies below a path is unknown. */
export function createDisks(options: Partial<SystemRoots> = {}): MachineDisks {
  const roots = systemRoots(options);
  const devices = createBlockDevices(roots);
  const physical = createPhysicalDisks(roots, devices);
  const inventory: Inventory = { roots, devices, physical };
  return {
    async list() {
      const all = await devices.all();
      return all.filter(isWholeDisk).map(summary);
    },
    openSource: (path) => openDiskSource(path, inventory),
    openDestination: async (path, size) => {
      if (!Number.isSafeInteger(size) || size < 0) {
        throw new SysimageError('invalid', `${size} is no size of a disk`, { operation: 'open', context: { path } });
      }
      return openDiskDestination(path, size, inventory);
    },
    disksBelow: (path) => physical.belowPath(path),
  };
}

// Memory, optical drives, and what is made of other disks.
const noDisk = /^(?:ram|zram|sr|dm-|md|fd)\d/u;

function isWholeDisk(device: BlockDevice): boolean {
  if (device.partition !== undefined || device.hidden || device.size === 0 || noDisk.test(device.name)) return false;
  return !device.name.startsWith('loop') || device.loop !== undefined;
}

function summary(device: BlockDevice): DiskSummary {
  return {
    path: `/dev/${device.name.replaceAll('!', '/')}`,
    size: device.size,
    sectorSize: device.sectorSize,
    ...(device.model === undefined ? {} : { model: device.model }),
    ...(device.serial === undefined ? {} : { serial: device.serial }),
    removable: device.removable,
  };
}
