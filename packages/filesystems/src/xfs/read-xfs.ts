import type { ByteView } from '@sysimage/bytes';
import { fileSystem, type FileSystem } from '../file-system.js';
import { utf8Field, uuidField } from '../text.js';
import { mapOrReason, type Volume } from '../volume.js';
import { xfsAllocation } from './allocation.js';
import { wasUnmounted } from './log-state.js';
import { isXfs, readXfsSuperblock, type XfsSuperblock } from './superblock.js';

/** Reads an XFS volume, or returns `undefined` when it is not one. */
export async function readXfs(volume: Volume, head: ByteView): Promise<FileSystem | undefined> {
  if (!isXfs(head)) return undefined;
  const names = { id: uuidField(head, 32), label: utf8Field(head, 108, 12) };
  const { value: superblock, reason } = await volume.attempt(async () => readXfsSuperblock(head));
  if (reason !== undefined) return fileSystem({ type: 'xfs', ...names, noMapReason: reason });
  const { blockSize, size, noMapReason } = superblock;
  const base = fileSystem({ type: 'xfs', ...names, unitSize: blockSize, size, noMapReason });
  if (size > volume.size) return { ...base, noMapReason: 'it claims to be larger than the volume' };
  if (noMapReason !== undefined) return base;
  return {
    ...base,
    ...(await xfsState(volume, superblock)),
    trueWhenFrozen: !superblock.needsRepair,
    ...(await mapOrReason(volume, () => xfsAllocation(volume, superblock))),
  };
}

async function xfsState(volume: Volume, superblock: XfsSuperblock): Promise<Pick<FileSystem, 'state' | 'stateReason'>> {
  if (superblock.needsRepair) return { state: 'unclean', stateReason: 'needs repair' };
  const { value: isClosed, reason } = await volume.attempt(() => wasUnmounted(volume, superblock));
  if (isClosed === undefined) return { state: 'unknown', stateReason: reason };
  return isClosed
    ? { state: 'clean', stateReason: undefined }
    : { state: 'unclean', stateReason: 'log needs recovery' };
}
