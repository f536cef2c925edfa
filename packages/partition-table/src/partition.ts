/** `extended` is a container of logical partitions: its bytes are theirs, it holds no volume itself. */
export type PartitionKind = 'primary' | 'extended' | 'logical';

/** One entry of a partition table. */
export interface Partition {
  /** Position in the table, from 1; logical partitions from 5. */
  readonly index: number;
  /** Offset of the first byte on the disk. */
  readonly start: number;
  /** Bytes. The end may lie beyond the disk: see the problem `partition-beyond-end`. */
  readonly size: number;
  /** MBR: two lower-case hex digits, `07`; GPT: the type GUID in upper case. */
  readonly type: string;
  /** The usual English name of the type. */
  readonly typeName: string | undefined;
  /** GPT: the unique GUID in upper case. */
  readonly id: string | undefined;
  /** GPT: the name, when there is one. */
  readonly name: string | undefined;
  /** MBR: the boot flag. */
  readonly active: boolean;
  /** GPT: the attributes as 16 hex digits. */
  readonly attributes: string | undefined;
  readonly kind: PartitionKind;
}
