import type { ExtentSet } from '@sysimage/extents';

/** What a volume can hold, by the name blkid and people use. Containers of other volumes are among them. */
export type FileSystemType =
  | 'ntfs'
  | 'fat12'
  | 'fat16'
  | 'fat32'
  | 'exfat'
  | 'refs'
  | 'bitlocker'
  | 'ext2'
  | 'ext3'
  | 'ext4'
  | 'ext-journal'
  | 'xfs'
  | 'btrfs'
  | 'bcachefs'
  | 'f2fs'
  | 'jfs'
  | 'reiserfs'
  | 'hfsplus'
  | 'apfs'
  | 'squashfs'
  | 'erofs'
  | 'iso9660'
  | 'swap'
  | 'luks'
  | 'lvm'
  | 'md'
  | 'bcache'
  | 'drbd'
  | 'isw'
  | 'ddf'
  | 'stratis'
  | 'vdo'
  | 'integrity'
  | 'verity'
  | 'zfs'
  | 'vmfs'
  | 'bluestore'
  | 'nilfs2'
  | 'ocfs2'
  | 'gfs2'
  | 'ufs'
  | 'udf'
  | 'hpfs'
  | 'cramfs'
  | 'romfs'
  | 'zonefs';

/** Whether the file system was put away properly, by its own marks on the disk. */
export type FileSystemState = 'clean' | 'unclean' | 'unknown';

/** Content that a restored machine makes anew by itself. */
export interface OptionalContent {
  readonly name: 'pagefile' | 'swapfile' | 'hiberfil' | 'shadow-copies';
  /** The bytes of `allocated` that may be left out; a restored volume may hold anything there. */
  readonly extents: ExtentSet;
  /** What must be put in place of the volume's own bytes for the rest to stay consistent once `extents` are left out. */
  readonly overwrite: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

/** Several volumes that hold one thing together: a group of LVM, an array of md, a Btrfs over several devices. */
export interface Pool {
  /** Its own identity, the same on all of them. */
  readonly id: string;
  /** So many of them are there, or at least needed to read what they hold. */
  readonly members: number;
}

/** What was found on a volume. */
export interface FileSystem {
  readonly type: FileSystemType;
  readonly label: string | undefined;
  /** UUID or serial number, spelled as blkid does. */
  readonly id: string | undefined;
  /** Absent of what is whole by itself, or does not tell. */
  readonly pool?: Pool;
  readonly state: FileSystemState;
  /** Why the state is not `clean`: `journal needs recovery`, `dirty bit set`, `hibernated`, … */
  readonly stateReason: string | undefined;
  /** What the state objects to is what freezing leaves open too: of a volume that was frozen the map is true. */
  readonly trueWhenFrozen: boolean;
  /** Cluster or block in bytes. */
  readonly unitSize: number | undefined;
  /** Of NTFS: whether files may have holes, which take no room: those of version 3.0 and later. */
  readonly canHaveHoles?: boolean;
  /** Bytes the file system says it spans. */
  readonly size: number | undefined;
  /**
   * Every byte the file system needs, as offsets from the start of the volume; data, metadata, reserved areas and what lies
   * after its last unit. `undefined`: no map could be read, so every byte may be needed.
   * It is only as true as the file system is clean: the map of an unclean one lags behind its journal.
   */
  readonly allocated: ExtentSet | undefined;
  readonly noMapReason: string | undefined;
  /** Parts of `allocated` a caller may choose to leave out. Empty unless the file system is clean. */
  readonly optional: readonly OptionalContent[];
}

/** What the readers fill in; the rest is unknown. */
export type Findings = { readonly [Key in keyof FileSystem]?: FileSystem[Key] } & Pick<FileSystem, 'type'>;

export function fileSystem(findings: Findings): FileSystem {
  return {
    label: undefined,
    id: undefined,
    state: 'unknown',
    stateReason: undefined,
    trueWhenFrozen: false,
    unitSize: undefined,
    size: undefined,
    allocated: undefined,
    noMapReason: undefined,
    optional: [],
    ...findings,
  };
}
