import { isFormatError, type ReadAt } from '@sysimage/bytes';
import {
  assembleDynamicGroup,
  readDynamicDatabase,
  readDynamicDisk,
  type DynamicDisk,
  type PartitionTable,
} from '@sysimage/partition-table';
import type { DynamicGroupFacts } from '../model/disk-layout.js';

export interface InspectedGroup {
  /** `undefined`: the disk is not dynamic, or nothing can be said of its group. */
  readonly dynamic: DynamicGroupFacts | undefined;
  /** What is broken, in words. */
  readonly problems: readonly string[];
}

/** Reads what a dynamic disk says of its group. It is copied whole in any case, so what is broken is told and ends nothing. */
export async function inspectDynamic(read: ReadAt, table: PartitionTable): Promise<InspectedGroup> {
  let header: DynamicDisk | undefined;
  try {
    header = await readDynamicDisk(read, table);
    if (header === undefined) return { dynamic: undefined, problems: [] };
    const database = await readDynamicDatabase(read, header, table.sectorSize);
    const { disks, volumes } = assembleDynamicGroup(database, table.sectorSize);
    const dynamic = {
      ...namesOf(header),
      disks: [...disks],
      volumes: volumes.map(({ name, kind, size, hint, components }) => ({
        name,
        kind,
        size,
        ...(hint === undefined ? {} : { hint }),
        disks: [...new Set(components.flatMap(({ parts }) => parts.map(({ disk }) => disk)))],
      })),
    };
    return { dynamic, problems: [...header.problems, ...database.problems] };
  } catch (error) {
    if (!isFormatError(error)) throw error;
    const dynamic = header === undefined ? undefined : { ...namesOf(header), disks: [], volumes: [] };
    return { dynamic, problems: [...(header?.problems ?? []), error.message] };
  }
}

function namesOf({
  diskId,
  groupId,
  groupName,
}: DynamicDisk): Pick<DynamicGroupFacts, 'diskId' | 'groupId' | 'groupName'> {
  return { diskId, groupId, groupName };
}
