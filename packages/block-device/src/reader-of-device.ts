import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { SysimageError, type MappedVolume } from '@sysimage/core/plugin';
import { pathOfDevice, type BlockDevice } from './block-devices.js';
import { deviceNumber } from './device-number.js';
import { readDisk } from './disk-bytes.js';

/**
 * Reads a device itself. It is open only meanwhile, so that nobody is kept from locking it; one that is gone or another by then cannot be
 * read: `corrupt`.
 */
export function readerOfDevice(device: BlockDevice): NonNullable<MappedVolume['read']> {
  const path = pathOfDevice(device);
  return async (offset, into) => {
    const handle = await open(path, constants.O_RDONLY).catch((error: unknown) => {
      throw gone(path, offset, error);
    });
    try {
      const stats = await handle.stat({ bigint: true });
      if (!stats.isBlockDevice() || deviceNumber(stats.rdev) !== device.number) throw gone(path, offset);
      await readDisk(path, handle, offset, into);
    } finally {
      await handle.close();
    }
  };
}

function gone(path: string, offset: number, cause?: unknown): SysimageError {
  return new SysimageError('corrupt', `${path} cannot be read any more`, {
    operation: 'read',
    context: { path, offset },
    cause,
  });
}
