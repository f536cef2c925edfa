import { stat, type FileHandle } from 'node:fs/promises';
import { SysimageError, type DisksBelow, type PhysicalDisk, type SourceMount } from '@sysimage/core/plugin';
import type { BlockDevices } from './block-devices.js';
import { deviceNumber } from './device-number.js';
import type { PhysicalDisks } from './disks-below.js';
import type { MachineSource } from './machine-source.js';
import { mountsOf } from './mounts-of.js';
import { errnoOf, system } from './system-errors.js';

export interface DiskFacts {
  readonly path: string;
  readonly kind: 'device' | 'file';
  readonly size: number;
  readonly sectorSize: number;
  readonly model?: string;
  readonly serial?: string;
  readonly physicalDisks?: readonly PhysicalDisk[];
  readonly physicalDisksUnknown?: string;
  readonly mounts: readonly SourceMount[];
}

/** What disks are opened with. */
export interface DiskSurroundings {
  readonly source: MachineSource;
  readonly devices: BlockDevices;
  readonly physical: PhysicalDisks;
  /** Whether a device, by its name, is used by something that shows nowhere. Nobody asks of what will be written, which is opened for that alone. */
  readonly isHeld?: (name: string) => Promise<boolean>;
}

const imageSectorSize = 512;

/** Only block devices and regular files are disks; `undefined` when nothing is there. */
export async function kindOfDisk(path: string): Promise<'device' | 'file' | undefined> {
  const found = await system('open', path, () =>
    stat(path).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }),
  );
  if (found === undefined) return undefined;
  if (found.isBlockDevice()) return 'device';
  if (found.isFile()) return 'file';
  throw new SysimageError('invalid', `${path} is neither a disk nor an image file`, {
    operation: 'open',
    context: { path },
  });
}

export async function factsOf(path: string, handle: FileHandle, surroundings: DiskSurroundings): Promise<DiskFacts> {
  const stats = await handle.stat({ bigint: true });
  if (!stats.isBlockDevice()) {
    const { dev, ino } = stats;
    return {
      path,
      kind: 'file',
      size: Number(stats.size),
      sectorSize: imageSectorSize,
      ...physicalFacts(await surroundings.physical.belowPath(path)),
      mounts: await mountsOf({ file: { dev, ino } }, surroundings),
    };
  }
  const number = deviceNumber(stats.rdev);
  const device = await surroundings.devices.byNumber(number);
  if (device === undefined) {
    throw new SysimageError('unavailable', `The system does not show the device ${number} of ${path}`, {
      operation: 'open',
      context: { path },
    });
  }
  return {
    path,
    kind: 'device',
    size: device.size,
    sectorSize: device.sectorSize,
    ...(device.model === undefined ? {} : { model: device.model }),
    ...(device.serial === undefined ? {} : { serial: device.serial }),
    ...physicalFacts(await surroundings.physical.belowDevice(number)),
    mounts: await mountsOf({ device: number }, surroundings),
  };
}

function physicalFacts(below: DisksBelow): Pick<DiskFacts, 'physicalDisks' | 'physicalDisksUnknown'> {
  return below.known ? { physicalDisks: below.disks } : { physicalDisksUnknown: below.why };
}
