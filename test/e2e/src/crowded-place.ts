import { mkdir, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sysimage/fixtures';
import { mountExt4, unmount } from './places.js';

const mebibyte = 1024 * 1024;
/** Enough in all for there to be ballast. Bytes. */
const size = 5 * 1024 * mebibyte;
/** Bytes that a walk of small disks has use for. */
const mostRoom = 48 * mebibyte;

/** A file system most of which belongs to somebody else. */
export interface CrowdedPlace {
  /** A folder on it. */
  readonly path: string;
  /** Leaves nothing, hardly anything, or some room. */
  readonly leave: (random: () => number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Mounts an ext4 below a folder, and fills it with one file that takes no room in its image. */
export async function crowdedPlace(folder: string): Promise<CrowdedPlace> {
  const mountPoint = join(folder, 'crowded');
  await mountExt4(mountPoint, size);
  const [path, filler] = [join(mountPoint, 'backups'), join(mountPoint, 'filler')];
  await mkdir(path);
  await writeFile(filler, '');
  let filled = 0;
  const leave = async (random: () => number): Promise<void> => {
    const { bavail, bsize } = await statfs(mountPoint);
    const [kind, part] = [random(), random()];
    const room = kind < 0.2 ? 0 : kind < 0.5 ? part * mebibyte : part * mostRoom;
    const wanted = Math.max(0, Math.floor(filled + bavail * bsize - room));
    if (wanted < filled) await truncate(filler, wanted);
    // The last blocks may be needed for the map of the file itself.
    else await run('fallocate', '--length', `${wanted}`, filler).catch(() => undefined);
    filled = wanted;
  };
  return { path, leave, stop: () => unmount(mountPoint) };
}
