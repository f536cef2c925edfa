import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { SysimageError, type DiskSource } from '@sysimage/core/plugin';
import { readDisk } from './disk-bytes.js';
import { factsOf, kindOfDisk, type DiskSurroundings } from './disk-file.js';
import { system } from './system-errors.js';

export async function openDiskSource(path: string, surroundings: DiskSurroundings): Promise<DiskSource> {
  if ((await kindOfDisk(path)) === undefined) {
    throw new SysimageError('not-found', `There is no ${path}`, { operation: 'open', context: { path } });
  }
  const handle = await system('open', path, () => open(path, constants.O_RDONLY));
  try {
    const facts = await factsOf(path, handle, surroundings);
    return {
      ...facts,
      read: (offset, into) => readDisk(path, handle, offset, into),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
