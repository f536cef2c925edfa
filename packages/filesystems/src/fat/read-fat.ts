import type { ByteView } from '@sysimage/bytes';
import type { ExtentSet } from '@sysimage/extents';
import { AllocationMapBuilder } from '../allocation-map-builder.js';
import { fileSystem, type FileSystem, type FileSystemState } from '../file-system.js';
import { serialField } from '../text.js';
import { mapOrReason, type Volume } from '../volume.js';
import { readFatBootSector, type FatGeometry } from './boot-sector.js';
import { currentFats, fatEntry, visitUsedClusters } from './file-allocation-table.js';
import { labelText, rootLabel } from './root-label.js';

/** Reads a FAT12, FAT16 or FAT32 volume, or returns `undefined` when it is not one. */
export async function readFat(volume: Volume, head: ByteView): Promise<FileSystem | undefined> {
  const geometry = readFatBootSector(head);
  if (geometry === undefined) return undefined;
  const { tailFields, type, clusterSize, size } = geometry;
  const isExtended = head.u8(tailFields + 2) === 0x29;
  const base = fileSystem({
    type,
    id: isExtended ? serialField(head, tailFields + 3) : undefined,
    label: isExtended ? labelText(head, tailFields + 7) : undefined,
    unitSize: clusterSize,
    size,
  });
  if (size > volume.size) return { ...base, noMapReason: 'it claims to be larger than the volume' };
  const label = await volume.attempt(() => rootLabel(volume, geometry));
  const state = await volume.attempt(() => fatState(volume, geometry, head));
  return {
    ...base,
    label: label.value ?? base.label,
    ...(state.value ?? { state: 'unknown', stateReason: state.reason }),
    ...(await mapOrReason(volume, () => fatAllocation(volume, geometry))),
  };
}

/** Windows clears a bit of FAT entry 1 while mounted, Linux sets one in the boot sector. */
async function fatState(
  volume: Volume,
  geometry: FatGeometry,
  head: ByteView,
): Promise<{ readonly state: FileSystemState; readonly stateReason: string | undefined }> {
  const unclean = (stateReason: string) => ({ state: 'unclean' as const, stateReason });
  if ((head.u8(geometry.tailFields + 1) & 1) !== 0) return unclean('dirty bit set in the boot sector');
  if ((head.u8(geometry.tailFields + 1) & 2) !== 0) return unclean('surface test asked for in the boot sector');
  const [copy = 0] = currentFats(geometry);
  // FAT12 has no room for these two bits.
  if (geometry.type !== 'fat12') {
    const top = geometry.type === 'fat16' ? 15 : 27;
    const entry = await fatEntry(volume, geometry, copy, 1);
    if (((entry >>> top) & 1) === 0) return unclean('dirty bit set in the FAT');
    if (((entry >>> (top - 1)) & 1) === 0) return unclean('disk errors noted in the FAT');
  }
  return { state: 'clean', stateReason: undefined };
}

/** Everything before the first cluster, the clusters some table says are used, and what follows the last one. */
async function fatAllocation(volume: Volume, geometry: FatGeometry): Promise<ExtentSet> {
  const { clusterSize, clusterCount, dataOffset } = geometry;
  const builder = new AllocationMapBuilder(volume.size);
  const offsetOf = (cluster: number) => dataOffset + (cluster - 2) * clusterSize;
  builder.add(0, dataOffset);
  for (const copy of currentFats(geometry)) {
    await visitUsedClusters(volume, geometry, copy, (first, end) => builder.add(offsetOf(first), offsetOf(end)));
  }
  builder.add(offsetOf(clusterCount + 2), volume.size);
  return builder.build();
}
