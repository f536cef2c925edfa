import type { InstalledSystem } from './installed-system.js';
import { findLinux } from './linux.js';
import type { CandidateDisk, CandidateVolume } from './volume.js';
import { findWindows } from './windows.js';

/**
 * The operating systems on disks, and the volumes that each needs to start and run. Reads a few files of each volume; what is broken
 * is passed over. Rejections of the reads pass through.
 */
export async function findSystems(
  disks: readonly CandidateDisk[],
  volumes: readonly CandidateVolume[],
): Promise<readonly InstalledSystem[]> {
  return [...(await findWindows(disks, volumes)), ...(await findLinux(volumes))];
}
