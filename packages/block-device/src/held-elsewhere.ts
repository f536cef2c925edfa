import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { errnoOf } from './system-errors.js';
import type { SystemRoots } from './system-roots.js';

// Whoever only looks, as this does, has it for an instant.
const looks = 4;
const pause = 25;

/**
 * Whether something has a device for itself: a mount in another namespace or outside of this container, a pool of ZFS, a check of a file system.
 * Swap space has it, too, and writes nothing that a backup needs. What nobody here may open is not known to be held.
 */
export async function isHeldElsewhere(name: string, { devRoot, procRoot }: SystemRoots): Promise<boolean> {
  const swaps = await readFile(join(procRoot, 'swaps'), 'utf8').catch(() => '');
  if (swaps.split('\n').some((line) => basename(line.split(/\s/u)[0] ?? '') === name)) return false;
  const path = join(devRoot, name.replaceAll('!', '/'));
  for (let look = 1; await isBusy(path); look += 1) {
    if (look === looks) return true;
    await wait(pause);
  }
  return false;
}

async function isBusy(path: string): Promise<boolean> {
  try {
    await (await open(path, constants.O_RDONLY | constants.O_EXCL)).close();
    return false;
  } catch (error) {
    return errnoOf(error) === 'EBUSY';
  }
}
