import { join, relative } from 'node:path';
import { isFormatError, type ReadAt } from '@sysimage/bytes';
import { createDisks, type Mount } from '@sysimage/block-device';
import type { DiskSource, VolumeTraits } from '@sysimage/core/plugin';
import { openFiles, readFileSystem, type FileSystem } from '@sysimage/filesystems';
import { makesHoles } from './makes-holes.js';

/** What the state of a volume is called on which a Windows sleeps: hibernated, or shut down for a fast startup. */
export const asleep = 'hibernated';

/** What a volume says of itself, for people and policies. */
export function volumeTraits({ label, unitSize, state, stateReason }: FileSystem): VolumeTraits {
  return {
    ...(label === undefined ? {} : { label }),
    ...(unitSize === undefined ? {} : { clusterSize: unitSize }),
    state,
    ...(stateReason === undefined ? {} : { stateReason }),
  };
}

const unknown: VolumeTraits = { state: 'unknown' };

/** The same of a mounted one that a folder, which is there, lies on. When its device cannot be read, which needs root, nothing is known. */
export async function volumeTraitsAt(mount: Mount, folder: string): Promise<VolumeTraits> {
  const device = await createDisks()
    .openSource(mount.source)
    .catch(() => undefined);
  try {
    return device === undefined ? unknown : await traitsOf(device, mount, folder);
  } catch {
    // They are for information: what the place is worth shows when it is used.
    return unknown;
  } finally {
    await device?.close();
  }
}

async function traitsOf(device: DiskSource, mount: Mount, folder: string): Promise<VolumeTraits> {
  const { fileSystem, mountPoint, root } = mount;
  const { size } = device;
  const read: ReadAt = async (offset, length) => {
    const bytes = new Uint8Array(length);
    await device.read(offset, bytes);
    return bytes;
  };
  const found = await readFileSystem(read, { size, map: false });
  if (found?.type !== 'ntfs') return unknown;
  // The kernel's drivers mark a volume for as long as they have it mounted: that says nothing. They let no Windows sleep on it.
  const isMarked = !fileSystem.startsWith('fuse') && found.stateReason !== asleep;
  const traits = volumeTraits(isMarked ? { ...found, state: 'unknown', stateReason: undefined } : found);
  const compressed = await isCompressed(read, size, join(root, relative(mountPoint, folder)));
  const sparse = makesHoles(found, mount, { compressed });
  return {
    ...traits,
    ...(compressed === undefined ? {} : { compressed }),
    ...(sparse === undefined ? {} : { sparse }),
  };
}

async function isCompressed(read: ReadAt, size: number, folder: string): Promise<boolean | undefined> {
  try {
    return (await (await openFiles(read, { size }))?.find(folder))?.isCompressed;
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}
