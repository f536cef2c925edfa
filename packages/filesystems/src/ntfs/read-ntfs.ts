import type { ByteView } from '@sysimage/bytes';
import { fileSystem, type FileSystem } from '../file-system.js';
import { utf16Field } from '../text.js';
import { mapOrReason, type Volume } from '../volume.js';
import { ntfsAllocation } from './allocation.js';
import { attributesOf, residentValue, volumeName } from './attribute.js';
import { readNtfsBootSector } from './boot-sector.js';
import { openMasterFileTable, readRecord, type MasterFileTable } from './master-file-table.js';
import { ntfsOptionalContent } from './optional-content.js';
import { ntfsState } from './state.js';
import { readVolumeInformation } from './volume-information.js';

const volumeRecord = 3;

/** Reads an NTFS volume, or returns `undefined` when it is not one. */
export async function readNtfs(volume: Volume, head: ByteView): Promise<FileSystem | undefined> {
  const { value: geometry, reason: badBoot } = await volume.attempt(async () => readNtfsBootSector(head));
  if (badBoot !== undefined) return fileSystem({ type: 'ntfs', noMapReason: badBoot });
  if (geometry === undefined) return undefined;
  const base = fileSystem({
    type: 'ntfs',
    id: geometry.serial.toString(16).toUpperCase().padStart(16, '0'),
    unitSize: geometry.clusterSize,
    size: geometry.size,
  });
  if (geometry.size > volume.size) return { ...base, noMapReason: 'it claims to be larger than the volume' };

  const { value: table, reason } = await volume.attempt(() => openMasterFileTable(volume, geometry));
  if (reason !== undefined) return { ...base, noMapReason: reason };
  const label = await volume.attempt(() => readLabel(table));
  const information = await volume.attempt(() => readVolumeInformation(table));
  const state = await volume.attempt(() => ntfsState(table));
  const map = await mapOrReason(volume, () => ntfsAllocation(table));
  const mayLeaveOut = state.value?.state === 'clean' && map.allocated !== undefined;
  return {
    ...base,
    label: label.value,
    ...(information.value === undefined ? {} : { canHaveHoles: information.value.canHaveHoles }),
    ...(state.value ?? { state: 'unknown', stateReason: state.reason }),
    ...map,
    optional: mayLeaveOut ? await ntfsOptionalContent(table, map.allocated) : [],
  };
}

async function readLabel(table: MasterFileTable): Promise<string | undefined> {
  const name = attributesOf(await readRecord(table, volumeRecord)).find(({ type }) => type === volumeName);
  if (name === undefined || !name.isResident) return undefined;
  const value = residentValue(name);
  const label = utf16Field(value, 0, Math.floor(value.length / 2));
  return label === '' ? undefined : label;
}
