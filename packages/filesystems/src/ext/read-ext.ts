import type { ByteView } from '@sysimage/bytes';
import { fileSystem, type FileSystem } from '../file-system.js';
import { utf8Field, uuidField } from '../text.js';
import { mapOrReason, type Volume } from '../volume.js';
import { extAllocation } from './allocation.js';
import {
  featuresNotKnown,
  filesToDelete,
  isExt,
  isExtJournal,
  readExtSuperblock,
  superblockOffset,
  uncleanReason,
} from './superblock.js';

/** Reads an ext2, ext3 or ext4 volume, or returns `undefined` when it is not one. */
export async function readExt(volume: Volume, head: ByteView): Promise<FileSystem | undefined> {
  if (!isExt(head)) return undefined;
  const names = {
    id: uuidField(head, superblockOffset + 104),
    label: utf8Field(head, superblockOffset + 120, 16),
  };
  if (isExtJournal(head)) {
    return fileSystem({ type: 'ext-journal', ...names, noMapReason: 'it is the journal of another volume' });
  }
  const { value: superblock, reason } = await volume.attempt(async () => readExtSuperblock(head));
  if (reason !== undefined) return fileSystem({ type: 'ext4', ...names, noMapReason: reason });
  const { type, blockSize, size } = superblock;
  const base = fileSystem({ type, ...names, unitSize: blockSize, size });
  if (size > volume.size) return { ...base, noMapReason: 'it claims to be larger than the volume' };
  const noMapReason = featuresNotKnown(superblock);
  if (noMapReason !== undefined) return { ...base, noMapReason };
  const stateReason = uncleanReason(superblock);
  return {
    ...base,
    state: stateReason === undefined ? 'clean' : 'unclean',
    stateReason,
    trueWhenFrozen: stateReason === undefined || stateReason === filesToDelete,
    ...(await mapOrReason(volume, () => extAllocation(volume, superblock))),
  };
}
