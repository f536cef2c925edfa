import type { ExtentSet } from '@sysimage/extents';
import type { Partition } from './partition.js';

/** Size and addressing of a disk: `size` in bytes, `sectorSize` the logical sector the table counts in. */
export interface DiskShape {
  readonly size: number;
  readonly sectorSize: number;
}

export type TableProblemCode =
  | 'gpt-primary-broken'
  | 'gpt-backup-broken'
  | 'gpt-copies-differ'
  | 'gpt-backup-not-at-end'
  | 'hybrid-mbr'
  | 'ebr-broken'
  | 'partition-invalid'
  | 'partition-beyond-end'
  | 'partition-outside-usable'
  | 'partitions-overlap';

/** Something wrong with a table that could be read all the same. `offset`: bytes on the disk. */
export interface TableProblem {
  readonly code: TableProblemCode;
  readonly message: string;
  readonly offset?: number;
}

/** What the partition table of a disk says. */
export interface PartitionTable {
  /** `none`: no table, because the disk is blank or a file system fills all of it. */
  readonly scheme: 'gpt' | 'mbr' | 'none';
  /** GPT: the disk GUID in upper case; MBR: the disk signature as 8 lower-case hex digits, if it has one. */
  readonly id: string | undefined;
  readonly sectorSize: number;
  readonly diskSize: number;
  /** In order of index. */
  readonly partitions: readonly Partition[];
  /** Every byte of the tables: MBR and EBR sectors, GPT headers and entry arrays. */
  readonly extents: ExtentSet;
  readonly problems: readonly TableProblem[];
}
