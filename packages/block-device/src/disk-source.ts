import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { SysimageError, type DiskSource } from '@sysimage/core/plugin';
import { deviceNumber } from './device-number.js';
import { readDisk } from './disk-bytes.js';
import { factsOf, kindOfDisk, type DiskSurroundings } from './disk-file.js';
import { fileSystemIds } from './file-system-ids.js';
import { forgetRead } from './forget-read.js';
import { mappedVolumesOf } from './mapped-volumes.js';
import { system } from './system-errors.js';

/** What is read from then on is what is on the disk then. */
export async function openDiskSource(path: string, surroundings: DiskSurroundings): Promise<DiskSource> {
  const kind = await kindOfDisk(path);
  if (kind === undefined) {
    throw new SysimageError('not-found', `There is no ${path}`, { operation: 'open', context: { path } });
  }
  const handle = await system('open', path, () => open(path, constants.O_RDONLY));
  try {
    const facts = await factsOf(path, handle, surroundings);
    if (kind === 'device') await forgetRead(path);
    return {
      ...facts,
      ...(await mappedOn(handle, surroundings)),
      read: (offset, into) => readDisk(path, handle, offset, into),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Most machines have nothing that device-mapper made: there is nobody to ask. */
async function mappedOn(
  handle: FileHandle,
  { devices, source }: DiskSurroundings,
): Promise<Pick<DiskSource, 'mapped'>> {
  const stats = await handle.stat({ bigint: true });
  const all = stats.isBlockDevice() ? await devices.all() : [];
  const disk = all.find(({ number }) => number === deviceNumber(stats.rdev));
  if (disk === undefined || all.every(({ mapped }) => mapped === undefined)) return {};
  const ids = await fileSystemIds(all, source, devices);
  const mapped = mappedVolumesOf(disk, all, (await source.mapperTables?.()) ?? '', ids);
  return mapped.length === 0 ? {} : { mapped };
}
