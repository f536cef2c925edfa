import type { DirectRead, LendFile } from './direct-read.js';
import type { PhysicalDisk } from './target.js';

/** A disk or image file of this machine, open for reading. */
export interface DiskSource {
  readonly path: string;
  readonly kind: 'device' | 'file';
  /** Bytes. */
  readonly size: number;
  /** Logical sector, bytes. Image files: 512. */
  readonly sectorSize: number;
  readonly model?: string;
  readonly serial?: string;
  /** The physical disks its bytes lie on; `undefined` when nobody can tell. */
  readonly physicalDisks?: readonly PhysicalDisk[];
  readonly physicalDisksUnknown?: string;
  /** What of it is mounted now. */
  readonly mounts: readonly SourceMount[];
  /** Volumes that the system has made of it, and of which every byte lies on it. */
  readonly mapped?: readonly MappedVolume[];
  /** Other volumes that lie on it, at least in part. */
  readonly unmapped?: readonly UnmappedVolume[];
  /**
   * Fills all of `into` from `offset`. Rejects with `corrupt` when the medium cannot be read there. `direct`: may be asked to do it, by
   * who has nothing but an open file behind it; the file stays open until it has ended.
   */
  read(offset: number, into: Uint8Array, direct?: DirectRead): Promise<void>;
  close(): Promise<void>;
}

/** A volume whose bytes lie in runs on a disk: a linear one of LVM, one of LUKS, a mirror of md, and any of these on each other. */
export interface MappedVolume {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** What a mount of it says of its file system; see `FileSystemBelow`. */
  readonly fileSystem: string;
  /** All of it, in order: where in the volume, how long, and where on the disk; bytes. */
  readonly places: readonly { readonly at: number; readonly length: number; readonly start: number }[];
  /**
   * Of one that is encrypted: fills all of `into` with what the volume has at `offset`. On the disk lie other bytes, of which those of 4096
   * at a multiple of that in the volume belong together. Rejects with `corrupt` when it cannot be read.
   */
  readonly read?: (offset: number, into: Uint8Array) => Promise<void>;
}

/** A volume of which it is not known where on a disk its bytes lie. */
export interface UnmappedVolume {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Where the partition starts in which some of it lies, bytes; 0 for the disk itself. */
  readonly start: number;
  readonly whyNot: string;
}

/** A mounted part of a disk. */
export interface SourceMount {
  /**
   * Where the mounted volume starts on the disk, bytes, or the partition that holds some of it; `undefined` when it is not known.
   * A file system of several partitions is there once for each.
   */
  readonly offset?: number;
  /** Its file system; see `FileSystemBelow`. */
  readonly fileSystem?: string;
  readonly mountPoint: string;
  readonly readOnly: boolean;
}

/** A disk or image file of this machine, open for being written over. */
export interface DiskDestination {
  readonly path: string;
  readonly kind: 'device' | 'file';
  readonly size: number;
  readonly sectorSize: number;
  /** True when the file was made by this call: every byte reads as zero. */
  readonly fresh: boolean;
  readonly physicalDisks?: readonly PhysicalDisk[];
  readonly mounts: readonly SourceMount[];
  /** `direct`: as of `DiskSource.read`. */
  read(offset: number, into: Uint8Array, direct?: DirectRead): Promise<void>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Lets somebody else write by the number that it has in this process. Absent where that is not all of it. */
  readonly lend?: LendFile;
  /** Every write is durable when it resolves. */
  flush(): Promise<void>;
  /** What was flushed is read from the medium afterwards, as far as the system can be told to forget it. */
  forget(): Promise<void>;
  /**
   * Closes it; with `discard`, a file that was made by this call is removed again. `modifiedAt`: when a file says that it was
   * changed last.
   */
  close(options?: { readonly discard?: boolean; readonly modifiedAt?: Date }): Promise<void>;
}

/** One disk of the machine's inventory, as the system tells of it: nothing of the disk is read. */
export interface DiskSummary {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Logical sector, bytes. */
  readonly sectorSize: number;
  /** Bytes. */
  readonly physicalSectorSize?: number;
  readonly vendor?: string;
  readonly model?: string;
  readonly serial?: string;
  /** World-wide name, as the system spells it. */
  readonly wwn?: string;
  /** `sata`, `nvme`, `usb`… */
  readonly transport?: string;
  readonly removable: boolean;
  /** It has spinning platters. */
  readonly rotational?: boolean;
  readonly readOnly?: boolean;
  /** Of a loop device: the file whose bytes it shows. */
  readonly backingFile?: string;
  readonly table?: { readonly scheme: 'gpt' | 'mbr' | 'other'; readonly id?: string };
  /** Its partitions, in the order of their places; of a disk without any, what lies on all of it. */
  readonly volumes?: readonly VolumeSummary[];
  readonly physicalDisks?: readonly PhysicalDisk[];
  readonly physicalDisksUnknown?: string;
}

/** What lies on a device of a disk. */
export interface ContentSummary {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** File system, or what else fills it: `ext4`, `crypto_LUKS`, `LVM2_member`. */
  readonly fileSystem?: string;
  readonly label?: string;
  /** UUID or serial number of the file system. */
  readonly id?: string;
  readonly mounts: readonly SourceMount[];
  /** Devices that are made of it: encrypted, logical and RAID volumes, loops. */
  readonly above: readonly (ContentSummary & { /** `crypt`, `lvm`, `raid1`, `loop`… */ readonly kind: string })[];
}

/** A partition, or the whole of a disk that has none. */
export interface VolumeSummary extends ContentSummary {
  /** Index of the partition in the table, from 1; 0 for the whole disk. */
  readonly partition: number;
  /** Bytes from the start of the disk. */
  readonly start: number;
  /** Type, name and id of the entry in the table. */
  readonly type?: string;
  readonly typeName?: string;
  readonly partitionName?: string;
  readonly partitionId?: string;
}

/** The disks of this machine. */
export interface Disks {
  list(): Promise<readonly DiskSummary[]>;
  /** As the disk is then, whatever was read of it before. Errors: `not-found`, `denied`, `invalid` (not a disk and not a regular file). */
  openSource(path: string): Promise<DiskSource>;
  /** A missing file is made with `size` bytes, all holes. Errors: `denied`, `busy` (mounted), `invalid`, `no-space`. */
  openDestination(path: string, size: number): Promise<DiskDestination>;
}
