import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createDisks } from '@sysimage/block-device';
import { SysimageError, type Host, type OpenPurpose } from '@sysimage/core/plugin';
import { assertAwake, assertMountable } from './assert-mountable.js';
import { findVolume, nameOf, type FoundVolume } from './find-volume.js';
import { mountNtfs, unmount, type MountRequest } from './mount-commands.js';
import { isProtected } from './is-protected.js';
import { hold, isUnused, releaseOf, removeUnused, sweep } from './mount-users.js';
import { makeRunFolder, withRunFolder } from './run-folder.js';

/** A volume that is mounted for as long as somebody has it. */
export interface BorrowedVolume {
  readonly volume: FoundVolume;
  readonly mountPoint: string;
  /** Mounted by sysimage, as it mounts. */
  readonly isOurs: boolean;
  /** Unmounts what was mounted for us, unless others use it too. Errors: `busy`, and then the next one who mounts ends it. */
  release(): Promise<void>;
}

/** How volumes are mounted here. */
export interface MountSettings {
  /** Where mounts lie. */
  readonly runFolder: string;
  /** Milliseconds that a run which only reads may take to end. */
  readonly patience: number;
}

export interface VolumeRequest {
  readonly path: string;
  readonly partition?: number | undefined;
  readonly purpose: OpenPurpose;
}

interface Mounting {
  readonly purpose: OpenPurpose;
  /** Without links. */
  readonly runFolder: string;
}

const pause = 100;

/**
 * Mounts an NTFS volume, or uses the mount that is there. Every user of a mount of ours has a lock, which the kernel drops with its
 * process: a mount that nobody has is what a killed run left, and is unmounted first.
 */
export async function borrowVolume(
  request: VolumeRequest,
  settings: MountSettings,
  host: Host,
): Promise<BorrowedVolume> {
  const runFolder = await makeRunFolder(settings.runFolder);
  for (let waited = 0; ; waited += pause) {
    const borrowed = await withRunFolder(runFolder, async () => {
      await sweep(runFolder, host);
      const volume = await findVolume(request.path, request.partition, request.purpose);
      return borrow(volume, { purpose: request.purpose, runFolder }, host);
    });
    if (borrowed !== undefined) return borrowed;
    if (waited >= settings.patience) throw readElsewhere(request.path);
    await setTimeout(pause);
  }
}

/** `undefined` when others have it mounted for reading, and it is to be written. */
async function borrow(
  volume: FoundVolume,
  { purpose, runFolder }: Mounting,
  host: Host,
): Promise<BorrowedVolume | undefined> {
  const isFit = ({ readOnly }: { readonly readOnly: boolean }): boolean => purpose === 'read' || !readOnly;
  const mounted = volume.mounts.find(isFit) ?? volume.mounts[0];
  if (mounted === undefined) return mountAnew(volume, { purpose, runFolder }, host);
  const { mountPoint } = mounted;
  const isOurs = dirname(dirname(mountPoint)) === runFolder;
  if (!isOurs) assertAwake(nameOf(volume.path, volume.partition), volume.content, purpose);
  if (!isFit(mounted)) {
    if (isOurs) return undefined;
    throw new SysimageError(
      'denied',
      `${nameOf(volume.path, volume.partition)} is mounted at ${mountPoint}, where it can only be read`,
      {
        operation: 'open',
        context: { path: volume.path, mountPoint },
        remedy: 'Unmount it, or mount it for writing.',
      },
    );
  }
  if (!isOurs) return { volume, mountPoint, isOurs, release: async () => {} };
  const user = await hold(dirname(mountPoint));
  return { volume, mountPoint, isOurs, release: releaseOf(user, { folder: dirname(mountPoint), runFolder }, host) };
}

async function mountAnew(volume: FoundVolume, { purpose, runFolder }: Mounting, host: Host): Promise<BorrowedVolume> {
  const { path } = volume;
  assertMountable(volume, purpose);
  const folder = join(runFolder, await keyOf(volume));
  const mountPoint = join(folder, 'mount');
  await mkdir(mountPoint, { recursive: true, mode: 0o700 });
  // What the sweep left there belongs to somebody whose mounts cannot be seen from here.
  const isFree = await isUnused(folder);
  if (!isFree) {
    throw new SysimageError('busy', `${nameOf(path, volume.partition)} is mounted by another sysimage, out of sight`, {
      operation: 'open',
      context: { path },
      retry: 'later',
    });
  }
  const user = await hold(folder);
  try {
    // A run may have been killed while it mounted, and its mount have come only now.
    await unmount(mountPoint);
    const mount = await mountNtfs({ ...(await placeOf(volume)), mountPoint, readOnly: purpose === 'read' });
    host.log('target-ntfs.mounted', { path, mountPoint, readOnly: mount.readOnly });
    if (purpose === 'write' && mount.readOnly) {
      if (await isProtected(path)) {
        throw new SysimageError('denied', `${path} is write-protected`, {
          operation: 'open',
          context: { path },
          remedy: 'Let it be written, by its switch or its permissions, or choose another target.',
        });
      }
      throw new SysimageError('busy', `ntfs-3g mounts ${path} for nothing but reading: it is not in a safe state`, {
        operation: 'open',
        context: { path },
        remedy: 'Shut down fully the Windows that used it last, and let it check the volume.',
      });
    }
    return { volume, mountPoint, isOurs: true, release: releaseOf(user, { folder, runFolder }, host) };
  } catch (error) {
    await user.close();
    await removeUnused(folder, host);
    throw error;
  }
}

/** The same for everyone who names the same bytes. */
async function keyOf({ path, start }: FoundVolume): Promise<string> {
  const found = await stat(path, { bigint: true });
  return found.isBlockDevice() ? `device-${found.rdev}-${start}` : `file-${found.dev}-${found.ino}-${start}`;
}

/** The kernel's own device of the partition where there is one: two devices of the same bytes do not see each other's writes. */
async function placeOf({
  path,
  kind,
  partition,
  start,
  size,
  isWhole,
}: FoundVolume): Promise<Pick<MountRequest, 'path' | 'kind' | 'part'>> {
  const real = await realpath(path);
  if (isWhole) return { path: real, kind };
  const disk = kind === 'file' ? undefined : (await createDisks().list()).find((one) => one.path === real);
  const device = disk?.volumes?.find((one) => one.partition === partition && one.start === start && one.path !== real);
  if (device !== undefined) return { path: device.path, kind };
  return { path: real, kind, part: { start, size } };
}

function readElsewhere(path: string): SysimageError {
  return new SysimageError('busy', `Another run of sysimage reads from ${path}, and has it mounted for that`, {
    operation: 'open',
    context: { path },
    remedy: 'Wait for it to end.',
    retry: 'later',
  });
}
