import { isFormatError, type ReadAt } from '@sysimage/bytes';
import {
  assembleDynamicGroup,
  isDynamicDisk,
  readDynamicDatabase,
  readDynamicDisk,
  type DynamicDatabase,
  type PartitionTable,
} from '@sysimage/partition-table';
import type { DynamicGroupFacts } from '../model/disk-layout.js';
import { carefulRead } from './careful-read.js';

/**
 * What a dynamic disk says of its group; `undefined` for all others. It is copied whole in any case, so what is broken or cannot be
 * read is told and ends nothing.
 */
export async function inspectDynamic(read: ReadAt, table: PartitionTable): Promise<DynamicGroupFacts | undefined> {
  if (!isDynamicDisk(table)) return undefined;
  const facts: DynamicGroupFacts = { disks: [], volumes: [], problems: [] };
  try {
    // Of most of it there are copies.
    const careful = carefulRead(read);
    const header = await readDynamicDisk(careful, table);
    if (header === undefined) return facts;
    const { diskId, groupId, groupName, data, problems } = header;
    Object.assign(facts, { diskId, groupId, groupName, dataStart: data.start });
    facts.problems.push(...problems);
    const database = await readDynamicDatabase(careful, header, table.sectorSize);
    facts.sequence = database.sequence;
    facts.problems.push(...database.problems);
    facts.disks.push(...disksOf(database));
    facts.volumes.push(...volumesOf(database, table.sectorSize));
  } catch (error) {
    if (!isFormatError(error)) throw error;
    facts.problems.push(error.message);
  }
  return facts;
}

function disksOf({ records }: DynamicDatabase): DynamicGroupFacts['disks'] {
  return records.flatMap((record) => (record.record === 'disk' ? [{ id: record.id, name: record.name }] : []));
}

function volumesOf(database: DynamicDatabase, sectorSize: number): DynamicGroupFacts['volumes'] {
  return assembleDynamicGroup(database, sectorSize).volumes.map(({ name, kind, size, hint, components }) => {
    const parts = components.flatMap((component) => component.parts.map((part) => ({ ...part })));
    return {
      name,
      kind,
      size,
      ...(hint === undefined ? {} : { hint }),
      disks: [...new Set(parts.map(({ disk }) => disk))],
      parts,
    };
  });
}
