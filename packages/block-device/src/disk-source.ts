import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { SysimageError, type DiskSource } from '@sysimage/core/plugin';
import { lendFile } from '@sysimage/node-files';
import { pathOfDevice, type BlockDevice } from './block-devices.js';
import { deviceNumber } from './device-number.js';
import { readLentDisk } from './disk-bytes.js';
import { factsOf, kindOfDisk, type DiskSurroundings } from './disk-file.js';
import { fileSystemIds } from './file-system-ids.js';
import { forgetRead } from './forget-read.js';
import { mappedVolumesOf } from './mapped-volumes.js';
import { readerOfDevice } from './reader-of-device.js';
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
    const file = lendFile(handle);
    return {
      ...facts,
      ...(await madeOf(handle, surroundings)),
      read: (...wanted) => readLentDisk({ path, handle, file }, ...wanted),
      close: () => file.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** On most machines device-mapper and md have made nothing: there is nobody to ask. */
async function madeOf(
  handle: FileHandle,
  { devices, source }: DiskSurroundings,
): Promise<Pick<DiskSource, 'mapped' | 'unmapped'>> {
  const stats = await handle.stat({ bigint: true });
  const all = stats.isBlockDevice() ? await devices.all() : [];
  const disk = all.find(({ number }) => number === deviceNumber(stats.rdev));
  if (disk === undefined || all.every(({ mapped, array }) => mapped === undefined && array === undefined)) return {};
  const read = new Set<BlockDevice>();
  const { mapped, unmapped } = mappedVolumesOf(disk, all, {
    tables: (await source.mapperTables?.()) ?? '',
    ids: await fileSystemIds(all, source, devices),
    readerOf: (device) => {
      read.add(device);
      return readerOfDevice(device);
    },
  });
  for (const device of read) await forgetRead(pathOfDevice(device), { inUse: true });
  return { ...(mapped.length === 0 ? {} : { mapped }), ...(unmapped.length === 0 ? {} : { unmapped }) };
}
