import type { SnapshotProvider } from '@sysimage/core/plugin';
import { createFreezeProvider, type FreezeSurroundings } from './freeze-provider.js';

/** All ways to read volumes of this machine that are in use; on other systems than Linux nothing is offered. */
export function createSnapshots(surroundings: FreezeSurroundings): readonly SnapshotProvider[] {
  return process.platform === 'linux' ? [createFreezeProvider(surroundings)] : [];
}
