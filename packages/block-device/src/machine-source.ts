import type { PhysicalDisk } from '@sysimage/core/plugin';

/** What sysfs shows of one block device, as it stands there. */
export interface DeviceFacts {
  /** As sysfs spells it: a `!` stands for the `/` of `/dev`. */
  readonly name: string;
  /** Of a partition: the name of its disk. */
  readonly disk?: string | undefined;
  /** Texts of files by their path below the folder of the device. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Names of the partitions on it, of the devices it is made of, and of those made of it. */
  readonly partitions: readonly string[];
  readonly slaves: readonly string[];
  readonly holders: readonly string[];
}

/** One btrfs, which may lie on several devices. */
export interface BtrfsFacts {
  readonly id: string;
  /** Names of devices. */
  readonly devices: readonly string[];
}

/** An image file, as `stat` knows it. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What a path names. */
export type Place =
  | { readonly kind: 'device'; readonly number: string }
  /** A file or folder, or the nearest folder of what is not there; without links. */
  | {
      readonly kind: 'folder' | 'file';
      readonly path: string;
      /** The device of its file system, where the machine tells: of some file systems another than in their mount. */
      readonly device?: string;
      readonly file?: FileIdentity;
    }
  | { readonly kind: 'nothing'; readonly why: string };

/**
 * Where the facts of a machine come from: the kernel of this one, or a record. Nothing is derived here, and nothing of it is to be
 * believed before it was checked.
 */
export interface MachineSource {
  /** Names of all block devices, in order. */
  deviceNames(): Promise<readonly string[]>;
  device(name: string): Promise<DeviceFacts | undefined>;
  /** Name of the device with the number `major:minor`. */
  nameOf(number: string): Promise<string | undefined>;
  /** Lines of mountinfo. */
  mountLines(): Promise<readonly string[]>;
  btrfs(): Promise<readonly BtrfsFacts[]>;
  /** Output of `lsblk --json`; `undefined` without it. */
  lsblk(): Promise<unknown>;
  /** What `dmsetup table` says of all devices; nothing without it. */
  mapperTables?(): Promise<string>;
  /** `nearest`: of a path that is not there, where it would be made. */
  locate(path: string, options?: { readonly nearest?: boolean }): Promise<Place>;
  /** Whether Windows made it a dynamic disk. */
  dynamic(name: string, disk: { readonly size: number; readonly sectorSize: number }): Promise<PhysicalDisk['dynamic']>;
}
