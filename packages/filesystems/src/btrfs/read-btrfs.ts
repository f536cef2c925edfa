import type { ByteView } from '@sysimage/bytes';
import { fileSystem, type FileSystem } from '../file-system.js';
import { utf8Field, uuidField } from '../text.js';
import { mapOrReason, type Volume } from '../volume.js';
import { btrfsAllocation } from './allocation.js';
import { isBtrfs, readBtrfsSuperblock, superblockOffset } from './superblock.js';

/** Reads a Btrfs volume, or returns `undefined` when it is not one. */
export async function readBtrfs(volume: Volume, head: ByteView): Promise<FileSystem | undefined> {
  if (!isBtrfs(head)) return undefined;
  const base = fileSystem({
    type: 'btrfs',
    id: uuidField(head, superblockOffset + 32),
    label: utf8Field(head, superblockOffset + 299, 256),
  });
  const { value: superblock, reason } = await volume.attempt(async () => readBtrfsSuperblock(head));
  if (reason !== undefined) return { ...base, noMapReason: reason };
  const { sectorSize, devices, deviceSize, uncleanReason, noMapReason } = superblock;
  const pool = base.id === undefined || devices < 2 ? {} : { pool: { id: base.id, members: devices } };
  const sized = { ...base, ...pool, unitSize: sectorSize, size: deviceSize, noMapReason };
  if (noMapReason !== undefined) return sized;
  if (deviceSize > volume.size) return { ...sized, noMapReason: 'it claims to be larger than the volume' };
  return {
    ...sized,
    state: uncleanReason === undefined ? 'clean' : 'unclean',
    stateReason: uncleanReason,
    ...(await mapOrReason(volume, () => btrfsAllocation(volume, superblock))),
  };
}
