import { realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { BlockDevices } from './block-devices.js';
import type { SystemRoots } from './system-roots.js';

/** `major:minor` from the number that `stat` tells, in the layout of glibc's `makedev`. */
export function deviceNumber(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xffff_f000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffff_ff00n);
  return `${major}:${minor}`;
}

/** Devices without hardware: tmpfs, overlay, network, FUSE, btrfs. */
export function isAnonymous(number: string): boolean {
  return number.startsWith('0:');
}

/** The number of the block device that a path names, `undefined` when it names none. */
export async function deviceAt(
  path: string,
  { devRoot }: SystemRoots,
  devices: BlockDevices,
): Promise<string | undefined> {
  const place = path.startsWith('/dev/') ? join(devRoot, path.slice('/dev/'.length)) : path;
  const real = await realpath(place).catch(() => undefined);
  if (real === undefined) return undefined;
  const stats = await stat(real, { bigint: true });
  if (stats.isBlockDevice()) return deviceNumber(stats.rdev);
  const below = relative(await realpath(devRoot).catch(() => devRoot), real);
  return below.startsWith('..') ? undefined : (await devices.byName(below.replaceAll('/', '!')))?.number;
}
