/*
 * What a Windows would answer, written after Microsoft's documentation of MSFT_Disk, MSFT_Partition, MSFT_Volume, MSFT_PhysicalDisk,
 * Win32_LogicalDisk and Win32_DiskDrive. No Windows was asked.
 */

const gibi = 2 ** 30;
const mebi = 2 ** 20;

export const volume = {
  system: '\\\\?\\Volume{00000000-0000-0000-0000-0000000000e5}\\',
  windows: '\\\\?\\Volume{00000000-0000-0000-0000-00000000000c}\\',
  data: '\\\\?\\Volume{00000000-0000-0000-0000-00000000000d}\\',
  stick: '\\\\?\\Volume{00000000-0000-0000-0000-00000000000f}\\',
  image: '\\\\?\\Volume{00000000-0000-0000-0000-000000000010}\\',
  space: '\\\\?\\Volume{00000000-0000-0000-0000-000000000011}\\',
} as const;

const disk = (Number: number, more: object): object => ({
  Number,
  Manufacturer: null,
  Model: null,
  SerialNumber: null,
  UniqueId: null,
  UniqueIdFormat: 0,
  Size: 64 * gibi,
  LogicalSectorSize: 512,
  PhysicalSectorSize: 4096,
  BusType: 11,
  PartitionStyle: 2,
  Signature: null,
  Guid: null,
  Location: null,
  IsReadOnly: false,
  ...more,
});
const partition = (DiskNumber: number, PartitionNumber: number, Offset: number, more: object): object => ({
  DiskNumber,
  PartitionNumber,
  Offset,
  Size: gibi,
  MbrType: null,
  GptType: null,
  Guid: null,
  AccessPaths: null,
  IsReadOnly: false,
  ...more,
});

export const basicData = '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}';

/** An NVMe with a Windows, a disk with a folder of data, a stick, a dynamic disk, a storage space, and a VHDX that is attached. */
export const answer = {
  disks: [
    disk(1, {
      Model: 'WDC WD40',
      SerialNumber: ' WD-1 \u0000',
      PartitionStyle: 2,
      UniqueId: '50014EE',
      UniqueIdFormat: 3,
    }),
    disk(0, {
      Manufacturer: 'NVMe    ',
      Model: 'Fast disk',
      SerialNumber: '0025_3881.',
      BusType: 17,
      Guid: '{AAAAAAAA-0000-4000-8000-000000000001}',
    }),
    disk(2, { BusType: 7, PartitionStyle: 1, Signature: 0xbad_cafe, Model: 'Stick' }),
    disk(3, { PartitionStyle: 1, Signature: 0x77 }),
    disk(4, { BusType: 16, Model: 'Storage Space' }),
    disk(5, { BusType: 15, Model: 'Virtual Disk', Location: 'D:\\images\\a.vhdx', IsReadOnly: true }),
    disk(6, { PartitionStyle: 0 }),
  ],
  partitions: [
    partition(0, 3, 129 * mebi, {
      GptType: basicData,
      Guid: '{AAAAAAAA-0000-4000-8000-000000000003}',
      AccessPaths: ['C:\\', volume.windows],
      Size: 60 * gibi,
    }),
    partition(0, 1, mebi, {
      GptType: '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}',
      Guid: '{AAAAAAAA-0000-4000-8000-000000000002}',
      AccessPaths: [volume.system],
    }),
    partition(0, 2, 101 * mebi, { GptType: '{e3c9e316-0b5c-4db8-817d-f92df00215ae}', AccessPaths: [] }),
    partition(1, 1, mebi, { GptType: basicData, AccessPaths: ['C:\\Data', 'D:\\', volume.data] }),
    partition(2, 1, mebi, { MbrType: 12, AccessPaths: ['F:\\', volume.stick] }),
    partition(3, 1, 0x7e00, { MbrType: 66 }),
    partition(4, 1, mebi, { GptType: basicData, AccessPaths: { value: ['S:\\', volume.space], Count: 2 } }),
    partition(5, 1, mebi, { GptType: basicData, AccessPaths: ['V:\\', volume.image], IsReadOnly: true }),
  ],
  volumes: [
    { Path: volume.system, FileSystem: 'FAT32', FileSystemLabel: '', DriveType: 3 },
    { Path: volume.windows, FileSystem: 'NTFS', FileSystemLabel: 'Windows', DriveType: 3 },
    { Path: volume.data, FileSystem: 'ReFS', FileSystemLabel: 'Data', DriveType: 3 },
    { Path: volume.stick, FileSystem: 'exFAT', FileSystemLabel: null, DriveType: 2 },
    { Path: volume.image, FileSystem: 'NTFS', FileSystemLabel: 'Image', DriveType: 3 },
    { Path: '\\\\?\\Volume{00000000-0000-0000-0000-0000000000dd}\\', FileSystem: 'NTFS', DriveType: 3 },
  ],
  letters: [
    { DeviceID: 'C:', DriveType: 3, ProviderName: null },
    { DeviceID: 'E:', DriveType: 3, ProviderName: null },
    { DeviceID: 'G:', DriveType: 5, ProviderName: null },
    { DeviceID: 'R:', DriveType: 6, ProviderName: null },
    { DeviceID: 'Z:', DriveType: 4, ProviderName: '\\\\nas\\backups' },
  ],
  physicalDisks: [
    { DeviceId: '0', MediaType: 4 },
    { DeviceId: '1', MediaType: 3 },
    { DeviceId: '2', MediaType: 0 },
  ],
  // One thing is no list in Windows PowerShell.
  drives: { Index: 2, MediaType: 'Removable Media', SerialNumber: 'STICK-1' },
};
