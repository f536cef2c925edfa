import type { ByteView } from '@sysimage/bytes';
import { fileSystem, type FileSystem } from '../file-system.js';
import { serialField } from '../text.js';
import { mapOrReason, type Volume } from '../volume.js';
import { exfatAllocation } from './allocation.js';
import { isExfat, readExfatBootSector, type ExfatGeometry } from './boot-sector.js';
import { readRootDirectory } from './root-directory.js';

/** Reads an exFAT volume, or returns `undefined` when it is not one. */
export async function readExfat(volume: Volume, head: ByteView): Promise<FileSystem | undefined> {
  if (!isExfat(head)) return undefined;
  const { value: geometry, reason: badBoot } = await volume.attempt(async () => readExfatBootSector(head));
  const id = serialField(head, 100);
  if (badBoot !== undefined) return fileSystem({ type: 'exfat', id, noMapReason: badBoot });
  const { clusterSize, size } = geometry;
  const base = fileSystem({ type: 'exfat', id, unitSize: clusterSize, size });
  if (size > volume.size) return { ...base, noMapReason: 'it claims to be larger than the volume' };
  const stateReason = uncleanReason(geometry);
  const { value: root, reason } = await volume.attempt(() => readRootDirectory(volume, geometry));
  return {
    ...base,
    label: root?.label,
    state: stateReason === undefined ? 'clean' : 'unclean',
    stateReason,
    ...(root === undefined
      ? { noMapReason: reason }
      : await mapOrReason(volume, () => exfatAllocation(volume, geometry, root.bitmaps))),
  };
}

function uncleanReason({ isDirty, hasFailed }: ExfatGeometry): string | undefined {
  if (isDirty) return 'dirty bit set in the boot sector';
  return hasFailed ? 'media failures noted in the boot sector' : undefined;
}
