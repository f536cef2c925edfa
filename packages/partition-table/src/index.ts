export { attributeNames } from './attribute-names.js';
export { readDynamicDatabase, type DynamicDatabase } from './dynamic-database.js';
export { isDynamicDisk, readDynamicDisk, type DynamicDisk } from './dynamic-disk.js';
export type { DynamicRecord } from './dynamic-record.js';
export {
  assembleDynamicGroup,
  type DynamicComponent,
  type DynamicGroup,
  type DynamicPart,
  type DynamicVolume,
} from './dynamic-volumes.js';
export { moveBackupGpt, type DiskWrite } from './move-backup-gpt.js';
export type { Partition, PartitionKind } from './partition.js';
export type { DiskShape, PartitionTable, TableProblem, TableProblemCode } from './partition-table.js';
export { partitionTypeName } from './partition-type-name.js';
export { readPartitionTable } from './read-partition-table.js';
