import type { DiskSummary, DisksBelow, PhysicalDisk, SourceMount, VolumeSummary } from '@sysimage/core/plugin';
import { withoutUndefined } from '../without-undefined.js';
import type { WindowsDisk, WindowsFacts, WindowsPartition } from './windows-facts.js';

/** `MSFT_Disk.BusType`, by the words that are used for transports elsewhere. */
const transports: ReadonlyMap<number, string> = new Map([
  [1, 'scsi'],
  [2, 'atapi'],
  [3, 'ata'],
  [4, 'ieee1394'],
  [5, 'ssa'],
  [6, 'fc'],
  [7, 'usb'],
  [8, 'raid'],
  [9, 'iscsi'],
  [10, 'sas'],
  [11, 'sata'],
  [12, 'sd'],
  [13, 'mmc'],
  [14, 'virtual'],
  [15, 'file'],
  [16, 'spaces'],
  [17, 'nvme'],
  [18, 'scm'],
  [19, 'ufs'],
  [20, 'nvmeof'],
]);
/** `MSFT_Disk.PartitionStyle`. */
const schemes: ReadonlyMap<number, 'gpt' | 'mbr'> = new Map([
  [1, 'mbr'],
  [2, 'gpt'],
]);
/** `MSFT_PhysicalDisk.MediaType`: a hard disk; flash; memory that keeps what it has. */
const rotating: ReadonlyMap<number, boolean> = new Map([
  [3, true],
  [4, false],
  [5, false],
]);
/** `MSFT_Disk.UniqueIdFormat` of names that are unique in the world: EUI-64, FC-PH, SCSI. */
const worldWide: readonly number[] = [2, 3, 8];
/** Types of partitions of dynamic disks. */
const dynamicTypes: readonly string[] = [
  '42',
  '5808C8AA-7E8F-42E0-85D2-E1E90434CFB3',
  'AF9B60A0-1431-4F62-BC68-3311714A69AD',
];
/** `MSFT_Volume.DriveType`. */
const removableDrive = 2;
const volumeName = /^\\\\\?\\Volume\{[0-9a-f-]{36}\}\\?$/iu;
/** As other systems call them. */
const fileSystems: ReadonlyMap<string, string> = new Map([
  ['fat', 'vfat'],
  ['fat32', 'vfat'],
]);

/** All disks of a Windows, in the order of their numbers. `below`: what lies below the disk of a number. */
export function windowsInventory(facts: WindowsFacts, below: (number: number) => DisksBelow): readonly DiskSummary[] {
  return facts.disks
    .toSorted((a, b) => a.Number - b.Number)
    .map((disk): DiskSummary => {
      const { Number: number, Size: size, LogicalSectorSize: sectorSize = 512, IsReadOnly: readOnly } = disk;
      const drive = facts.drives.find(({ Index: index }) => index === number);
      const volumes = volumesOf(disk, facts);
      const physical = below(number);
      return withoutUndefined({
        path: pathOfDisk(number),
        size,
        sectorSize,
        physicalSectorSize: disk.PhysicalSectorSize,
        vendor: trimmed(disk.Manufacturer),
        model: trimmed(disk.Model),
        serial: trimmed(disk.SerialNumber) ?? trimmed(drive?.SerialNumber),
        wwn: worldWide.includes(disk.UniqueIdFormat ?? 0) ? trimmed(disk.UniqueId) : undefined,
        transport: transports.get(disk.BusType ?? 0),
        removable: drive?.MediaType === 'Removable Media' || isRemovable(disk, facts),
        rotational: rotationOf(disk, facts),
        readOnly,
        backingFile: backingFileOf(disk),
        table: tableOf(disk),
        volumes,
        physicalDisks: physical.known ? physical.disks : undefined,
        physicalDisksUnknown: physical.known ? undefined : physical.why,
      });
    });
}

export function pathOfDisk(number: number): string {
  return `\\\\.\\PhysicalDrive${number}`;
}

/** The volume of a partition, as Windows names it: `\\?\Volume{…}\`. */
export function volumeNameOf({ AccessPaths: paths }: WindowsPartition): string | undefined {
  return paths.find((path) => volumeName.test(path));
}

/** Where it can be reached: `C:\`, `D:\folder\`. */
export function mountPointsOf({ AccessPaths: paths }: WindowsPartition): readonly string[] {
  return paths.filter((path) => !volumeName.test(path));
}

/** The file system on a partition, as far as Windows knows it. */
export function fileSystemOf(partition: WindowsPartition, { volumes }: WindowsFacts): string | undefined {
  const type = trimmed(volumeOf(partition, volumes)?.FileSystem)?.toLowerCase();
  return type === undefined ? undefined : (fileSystems.get(type) ?? type);
}

/** Of a disk that Windows makes of a file: its path. */
export function backingFileOf({ BusType: bus, Location: location }: WindowsDisk): string | undefined {
  return bus === 15 && location !== undefined && /^(?:[a-z]:\\|\\\\)/iu.test(location) ? location : undefined;
}

/** Whether Windows made it a dynamic disk, by the types of its partitions. */
export function isDynamicDisk({ Number: number }: WindowsDisk, { partitions }: WindowsFacts): PhysicalDisk['dynamic'] {
  const own = partitions.filter(({ DiskNumber: disk }) => disk === number);
  return own.some((partition) => dynamicTypes.includes(typeOf(partition) ?? '')) ? 'yes' : 'no';
}

function volumesOf(disk: WindowsDisk, facts: WindowsFacts): readonly VolumeSummary[] {
  const { Number: number, Size: size } = disk;
  const own = facts.partitions.filter(({ DiskNumber: of }) => of === number).toSorted((a, b) => a.Offset - b.Offset);
  if (own.length === 0) return [{ path: pathOfDisk(number), partition: 0, start: 0, size, mounts: [], above: [] }];
  return own.map((partition): VolumeSummary => {
    const name = volumeNameOf(partition);
    const volume = volumeOf(partition, facts.volumes);
    return withoutUndefined({
      path: name?.replace(/\\$/u, '') ?? `\\\\.\\Harddisk${number}Partition${partition.PartitionNumber}`,
      partition: partition.PartitionNumber,
      start: partition.Offset,
      size: partition.Size,
      fileSystem: fileSystemOf(partition, facts),
      label: trimmed(volume?.FileSystemLabel),
      type: typeOf(partition),
      partitionId: guidIn(partition.Guid),
      mounts: mountPointsOf(partition).map((mountPoint): SourceMount => {
        const id = name === undefined ? {} : { fileSystem: fileSystemId(name) };
        return { mountPoint, readOnly: partition.IsReadOnly === true, ...id };
      }),
      above: [],
    });
  });
}

/** The same for every way to reach a volume. */
export function fileSystemId(volume: string): string {
  return `file-system:${volume.toLowerCase()}`;
}

function volumeOf(
  partition: WindowsPartition,
  volumes: WindowsFacts['volumes'],
): WindowsFacts['volumes'][number] | undefined {
  const name = volumeNameOf(partition)?.toLowerCase();
  return name === undefined ? undefined : volumes.find(({ Path: path }) => path?.toLowerCase() === name);
}

function isRemovable({ Number: number }: WindowsDisk, facts: WindowsFacts): boolean {
  return facts.partitions.some(
    (partition) => partition.DiskNumber === number && volumeOf(partition, facts.volumes)?.DriveType === removableDrive,
  );
}

/** A physical disk has the number of its disk as text. */
function rotationOf({ Number: number }: WindowsDisk, { physicalDisks }: WindowsFacts): boolean | undefined {
  const found = physicalDisks.find(({ DeviceId: id }) => id === String(number));
  return rotating.get(found?.MediaType ?? 0);
}

function tableOf({ PartitionStyle: style = 0, Guid: guid, Signature: signature }: WindowsDisk): DiskSummary['table'] {
  const scheme = schemes.get(style);
  if (scheme === undefined) return undefined;
  const id = scheme === 'gpt' ? guidIn(guid) : signature?.toString(16).padStart(8, '0');
  return { scheme, ...(id === undefined ? {} : { id }) };
}

/** As tables have it: a GUID in upper case, or two hex digits. */
function typeOf({ GptType: gpt, MbrType: mbr }: WindowsPartition): string | undefined {
  return (
    guidIn(gpt)?.toUpperCase() ??
    (mbr === undefined || mbr === 0 ? undefined : mbr.toString(16).padStart(2, '0').toUpperCase())
  );
}

function guidIn(text: string | undefined): string | undefined {
  return /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/iu.exec(text ?? '')?.[1]?.toLowerCase();
}

function trimmed(text: string | undefined): string | undefined {
  const [first = ''] = (text ?? '').split('\0', 1);
  return first.trim() === '' ? undefined : first.trim();
}
