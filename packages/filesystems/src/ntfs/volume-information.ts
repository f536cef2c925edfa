import { attributesOf, residentValue, volumeInformation } from './attribute.js';
import { readRecord, type MasterFileTable } from './master-file-table.js';

const volumeRecord = 3;
const dirtyFlag = 1;
/** Windows 2000 brought it, and with it holes. */
const firstVersionWithHoles = 3;

/** What $VOLUME_INFORMATION says. */
export interface VolumeInformation {
  readonly isDirty: boolean;
  readonly canHaveHoles: boolean;
}

/** Throws `FormatError` `corrupt` when it is not there. */
export async function readVolumeInformation(table: MasterFileTable): Promise<VolumeInformation> {
  const record = await readRecord(table, volumeRecord);
  const found = attributesOf(record).find(({ type }) => type === volumeInformation);
  if (found === undefined || !found.isResident) throw record.corrupt('no $VOLUME_INFORMATION');
  const value = residentValue(found);
  return { isDirty: (value.u16le(10) & dirtyFlag) !== 0, canHaveHoles: value.u8(8) >= firstVersionWithHoles };
}
