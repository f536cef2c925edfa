export { attributeNames } from './attribute-names.js';
export { isDynamicDisk, readDynamicDisk, type DynamicDisk } from './dynamic-disk.js';
export { moveBackupGpt, type DiskWrite } from './move-backup-gpt.js';
export type { Partition, PartitionKind } from './partition.js';
export type { DiskShape, PartitionTable, TableProblem, TableProblemCode } from './partition-table.js';
export { partitionTypeName } from './partition-type-name.js';
export { readPartitionTable } from './read-partition-table.js';
