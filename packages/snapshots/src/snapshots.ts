import type { SnapshotProvider } from '@sysimage/core/plugin';
import { createFreezeProvider } from './freeze-provider.js';
import { createLvmProvider, type LvmSurroundings } from './lvm-provider.js';

/** All ways to read volumes of this machine that are in use; on other systems than Linux nothing is offered. */
export function createSnapshots(surroundings: LvmSurroundings): readonly SnapshotProvider[] {
  return process.platform === 'linux' ? [createLvmProvider(surroundings), createFreezeProvider(surroundings)] : [];
}
