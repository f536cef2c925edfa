import { constants } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { attempt, run, waitUntil } from '@sysimage/fixtures';

/** Makes a file system of its own for a target, in a file next to the folder: `folder` is where it is mounted. */
export async function mountExt4(folder: string, size: number): Promise<void> {
  await mountNew(folder, size, 'ext4', '-q', '-F', '-m', '0');
}

/** The same of any type, made with these options. */
export async function mountNew(
  folder: string,
  size: number,
  type: 'ext4' | 'xfs' | 'btrfs',
  ...options: readonly string[]
): Promise<void> {
  const image = `${folder}.${type}`;
  const file = await open(image, 'w');
  await file.truncate(size);
  await file.close();
  await run(`mkfs.${type}`, ...options, image);
  await mountAgain(folder, type);
}

/** Mounts what was made so, or a copy of it: there too every file has its inode and its times. */
export async function mountAgain(folder: string, type = 'ext4'): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run('mount', '-t', type, '-o', 'loop', `${folder}.${type}`, folder);
}

export async function mountTmpfs(folder: string, size: number): Promise<void> {
  await mkdir(folder);
  await run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
}

export async function unmount(folder: string): Promise<void> {
  await waitUntil(`${folder} can be unmounted`, async () => (await attempt('umount', folder)).code === 0);
}

/** Shows a folder at another place where nothing can be written, while `work` runs. */
export async function withReadOnlyView<T>(folder: string, work: (view: string) => Promise<T>): Promise<T> {
  const view = `${folder}-read-only`;
  await mkdir(view, { recursive: true });
  await run('mount', '--bind', folder, view);
  try {
    await run('mount', '-o', 'remount,bind,ro', view);
    return await work(view);
  } finally {
    await unmount(view);
  }
}

/** Mounts an ext4 volume on a folder while `work` runs. */
export async function withMount<T>(
  device: string,
  folder: string,
  mode: 'ro' | 'rw',
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  await run('mount', '-t', 'ext4', '-o', mode, device, folder);
  try {
    return await work();
  } finally {
    await unmount(folder);
  }
}

/** Writes a file where it lies, if it is there already: its blocks stay the same. */
export async function writeInPlace(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes, { flag: constants.O_RDWR | constants.O_CREAT });
}
