import { constants } from 'node:fs';
import { open, lstat, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  SysimageError,
  type ExactParts,
  type Host,
  type OpenPurpose,
  type TargetTraits,
  type VolumeTraits,
} from '@sysimage/core/plugin';
import { openFolder } from '@sysimage/folder-target';
import { assertAwake } from './assert-mountable.js';
import { borrowVolume, type BorrowedVolume, type MountSettings } from './borrow-volume.js';
import { nameOf } from './find-volume.js';
import { ntfsFolderAt } from './ntfs-mount.js';
import type { NtfsOptions } from './options.js';
import { volumeTraits, volumeTraitsAt } from './volume-traits.js';

type Parts = ExactParts<'random' | 'capacity', never>;

/** Private to root, and gone with the boot as the mounts are. */
const usual: MountSettings = { runFolder: '/run/sysimage/ntfs', patience: 10_000 };

/**
 * Opens a folder on a mounted NTFS volume; or mounts the volume of a partition, disk or image file until it is closed. Errors: those
 * of opening a target, and `busy` for a volume that Windows has not left.
 */
export async function openNtfs(
  options: NtfsOptions,
  host: Host,
  purpose: OpenPurpose,
  settings = usual,
): Promise<Parts> {
  if (await holdsVolume(options)) return openVolume(options, host, purpose, settings);
  const { mount, existing } = await ntfsFolderAt(options.path);
  const volume = await volumeTraitsAt(mount, existing);
  assertAwake(options.path, volume, purpose);
  const parts = await openFolder({ kind: 'ntfs', ...options }, host, purpose);
  return { ...parts, traits: { ...parts.traits, fileSystem: 'ntfs', volume } };
}

/** Whether a place is a device or file with a volume in it, and no folder. */
async function holdsVolume({ path, partition, folder }: NtfsOptions): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isBlockDevice() === true || found?.isFile() === true) return true;
  if (found === undefined) {
    // What is not there yet may be a folder to be made, but never a device.
    if (partition === undefined && folder === undefined && !isOfDevices(resolve(path))) return false;
    throw new SysimageError('not-found', `There is no partition, disk or image file ${path}`, {
      operation: 'open',
      context: { path },
      remedy: 'Plug it in; "sysimage disks" shows what there is.',
    });
  }
  if (partition === undefined && folder === undefined) return false;
  throw new SysimageError('invalid', `${path} is neither a partition nor a disk nor an image file`, {
    operation: 'open',
    context: { field: partition === undefined ? 'folder' : 'partition', path },
    remedy: 'Of a mounted volume, name the folder itself.',
  });
}

function isOfDevices(path: string): boolean {
  return path.startsWith('/dev/') && !path.startsWith('/dev/shm/');
}

async function openVolume(
  { path, partition, folder = '', singleVersion = false }: NtfsOptions,
  host: Host,
  purpose: OpenPurpose,
  settings: MountSettings,
): Promise<Parts> {
  const borrowed = await borrowVolume({ path: resolve(path), partition, purpose }, settings, host);
  const release = async (): Promise<void> => borrowed.release();
  try {
    // While it is open nothing can be unmounted; and should the mount go all the same, nothing is written to what lay below it.
    const root = await open(borrowed.mountPoint, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const place = `/proc/self/fd/${root.fd}`;
      await assertInside(place, folder, { path, purpose });
      const volume = await traitsOfVolume(borrowed, folder);
      const parts = await openFolder({ kind: 'ntfs', path: join(place, folder), singleVersion }, host, purpose);
      const close = async (): Promise<void> => {
        try {
          await parts.close();
          await root.close();
        } finally {
          await release();
        }
      };
      return { ...parts, traits: { ...traitsOf(parts.traits, borrowed, folder), volume }, close };
    } catch (error) {
      await root.close();
      throw error;
    }
  } catch (error) {
    await release();
    throw error;
  }
}

function traitsOf(traits: TargetTraits, { volume }: BorrowedVolume, folder: string): TargetTraits {
  const { path, partition, content } = volume;
  return {
    ...traits,
    // The serial number of the volume: devices and mounts have other names the next time.
    identity: `ntfs:${content.id ?? ''}:/${folder}`,
    location: `${nameOf(path, partition)}${folder === '' ? '' : `, folder ${folder}`}`,
    fileSystem: 'ntfs',
  };
}

async function traitsOfVolume({ volume, mountPoint, isOurs }: BorrowedVolume, folder: string): Promise<VolumeTraits> {
  if (isOurs) {
    const { canHaveHoles: sparse } = volume.content;
    // ntfs-3g compresses nothing as it is mounted here, and makes holes wherever there may be some.
    return { ...volumeTraits(volume.content), compressed: false, ...(sparse === undefined ? {} : { sparse }) };
  }
  const { mount, existing } = await ntfsFolderAt(join(mountPoint, folder));
  return volumeTraitsAt(mount, existing);
}

/** Whoever wrote the volume may have made links on it, which lead out of it. */
async function assertInside(
  place: string,
  folder: string,
  { path, purpose }: { readonly path: string; readonly purpose: OpenPurpose },
): Promise<void> {
  let at = place;
  for (const name of folder === '' ? [] : folder.split('/')) {
    at = join(at, name);
    const found = await lstat(at).catch(() => undefined);
    if (found?.isDirectory() === true) continue;
    if (found === undefined && purpose === 'write') return;
    const context = { path, folder };
    if (found === undefined)
      throw new SysimageError('not-found', `There is no folder ${folder} on ${path}`, { operation: 'open', context });
    throw new SysimageError('invalid', `${name} in ${folder} on ${path} is no folder`, { operation: 'open', context });
  }
}
