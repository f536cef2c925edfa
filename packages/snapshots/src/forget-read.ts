import { stat } from 'node:fs/promises';
import { SysimageError, snapshotOperation } from '@sysimage/core/plugin';
import { ask } from './programs.js';

/** What the kernel remembers of a disk from before is not what a file system wrote to its partition since. Errors: `busy`. */
export async function forgetRead(disk: string): Promise<void> {
  if (!(await stat(disk)).isBlockDevice()) return;
  const { exitCode, complaint } = await ask(['blockdev', '--flushbufs', disk]);
  if (exitCode === 0) return;
  throw new SysimageError('busy', `${disk} cannot be read anew: ${complaint.trim()}`, { operation: snapshotOperation });
}
