import { SysimageError, type OpenPurpose } from '@sysimage/core/plugin';
import { nameOf, type FoundVolume } from './find-volume.js';
import { asleep } from './volume-traits.js';

const restUnfinished =
  'Shut Windows down fully (hold Shift while choosing "Shut down"), or eject the disk there safely. ntfsfix would throw away what Windows still has to write.';

/**
 * Refuses a volume that must not be written, or not be mounted at all. Reading changes nothing, so that what Windows left unfinished is
 * refused for writing only: hibernation and fast startup (the system itself sleeps), and a journal that was not closed (other volumes
 * of such a system, and disks that were pulled out). The dirty flag alone asks Windows for a check, and stops nobody. Errors: `busy`,
 * `corrupt`.
 */
export function assertMountable({ path, partition, content }: FoundVolume, purpose: OpenPurpose): void {
  const name = nameOf(path, partition);
  const { size, unitSize, allocated, noMapReason, stateReason } = content;
  // Without these two nothing but the name of the boot sector was believed.
  if (size === undefined || unitSize === undefined || (allocated === undefined && purpose === 'write')) {
    throw new SysimageError(
      'corrupt',
      `the NTFS on ${name} cannot be trusted: ${noMapReason ?? 'its boot sector is broken'}`,
      {
        operation: 'open',
        context: { path, partition },
        remedy: 'Let Windows check the volume (chkdsk).',
      },
    );
  }
  if (purpose === 'read') return;
  const why = unfinished(stateReason);
  if (why === undefined) return;
  throw busy(name, why, { path, partition });
}

/** The same of a volume that somebody else has mounted, as far as that can still be seen. Errors: `busy`. */
export function assertAwake(
  name: string,
  { stateReason }: { readonly stateReason?: string | undefined },
  purpose: OpenPurpose,
): void {
  if (purpose === 'write' && stateReason === asleep) throw busy(name, 'a Windows sleeps on its volume', { name });
}

function busy(name: string, why: string, context: Readonly<Record<string, string | number>>): SysimageError {
  return new SysimageError('busy', `${name} cannot be written: ${why}`, {
    operation: 'open',
    context,
    remedy: restUnfinished,
  });
}

function unfinished(stateReason: string | undefined): string | undefined {
  if (stateReason === asleep) return 'a Windows sleeps on it (hibernated, or shut down for a fast startup)';
  if (stateReason === '$LogFile needs recovery')
    return 'Windows did not close its journal, and may still have to write there';
  return undefined;
}
