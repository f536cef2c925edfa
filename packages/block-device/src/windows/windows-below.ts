import type { DisksBelow, FileSystemBelow, PhysicalDisk } from '@sysimage/core/plugin';
import type { WindowsFacts, WindowsPartition } from './windows-facts.js';
import {
  backingFileOf,
  fileSystemId,
  fileSystemOf,
  isDynamicDisk,
  mountPointsOf,
  pathOfDisk,
  volumeNameOf,
} from './windows-inventory.js';

/** `Win32_LogicalDisk.DriveType`. */
const kinds = { server: 4, disc: 5, memory: 6 };
const spaces = 16;
// Files of disks in files of disks: deeper than anyone stacks them; ends circles.
const deepest = 16;

/** What lies below places of a Windows, by its facts alone. */
export interface WindowsBelow {
  /** `path`: absolute and without links. */
  belowPath(path: string): DisksBelow;
  belowDisk(number: number): DisksBelow;
}

/**
 * Follows drive letters, mounted folders, names of volumes, and disks that are files, down to physical disks. What cannot be known is
 * unknown, with the reason.
 */
export function createWindowsBelow(facts: WindowsFacts): WindowsBelow {
  function disk(number: number, depth: number): DisksBelow {
    const found = facts.disks.find(({ Number: own }) => own === number);
    const name = pathOfDisk(number);
    if (found === undefined) return unknown(`Windows shows no disk ${name}`);
    if (found.BusType === spaces)
      return unknown(`${name} is a storage space: on which disks of its pool it lies is not asked`);
    const file = backingFileOf(found);
    if (file !== undefined) return path(file, depth + 1);
    if (found.BusType === 15) return unknown(`${name} is made of a file that Windows does not name`);
    const physical: PhysicalDisk = { id: `windows:${number}`, name, dynamic: isDynamicDisk(found, facts) };
    return { known: true, disks: [physical] };
  }

  function path(given: string, depth: number): DisksBelow {
    if (depth > deepest) return unknown(`more than ${deepest} disks and files lie on each other`);
    const [, number] = /^\\\\[.?]\\PhysicalDrive(\d{1,6})\\?$/iu.exec(given) ?? [];
    if (number !== undefined) return disk(Number(number), depth);
    const plain = given.replace(/^\\\\\?\\UNC\\/iu, '\\\\').replace(/^\\\\[.?]\\(?=[a-z]:)/iu, '');
    const place = `${plain}\\`.toLowerCase();
    const partition = partitionAt(place, facts);
    if (partition !== undefined) {
      const below = disk(partition.DiskNumber, depth);
      return { ...below, fileSystems: [mounted(partition, facts), ...(below.fileSystems ?? [])] };
    }
    const [, server, share] = /^\\\\([^\\?.][^\\]*)\\([^\\]+)/u.exec(plain) ?? [];
    if (server !== undefined && share !== undefined)
      return onServer(`\\\\${server}\\${share}`, `\\\\${server}\\${share}`);
    return onLetter(plain);
  }

  function onLetter(place: string): DisksBelow {
    const [letter = ''] = /^[a-z]:/iu.exec(place) ?? [];
    const found = facts.letters.find(({ DeviceID: id }) => id.toLowerCase() === letter.toLowerCase());
    if (letter === '' || found === undefined) return unknown(`Windows shows no volume for ${place}`);
    const mountPoint = `${found.DeviceID}\\`;
    if (found.DriveType === kinds.server) return onServer(mountPoint, found.ProviderName ?? 'a share');
    const shown = { id: fileSystemId(mountPoint), type: 'unknown', mountPoint } as const;
    if (found.DriveType === kinds.memory)
      return { known: true, disks: [], fileSystems: [{ ...shown, keeper: 'memory' }] };
    const why =
      found.DriveType === kinds.disc
        ? `${mountPoint} is a drive for discs`
        : `${mountPoint} is no partition: it is a volume of dynamic disks, or what a program shows`;
    return { ...unknown(why), fileSystems: [{ ...shown, keeper: 'unknown' }] };
  }

  return { belowPath: (given) => path(given, 0), belowDisk: (number) => disk(number, 0) };
}

function unknown(why: string): DisksBelow & { readonly known: false } {
  return { known: false, why };
}

function onServer(mountPoint: string, share: string): DisksBelow {
  const fileSystem: FileSystemBelow = { id: fileSystemId(share), type: 'smb', mountPoint, keeper: 'server' };
  return {
    known: false,
    why: `${mountPoint} is a share: on which disks ${share} lies its server knows`,
    fileSystems: [fileSystem],
  };
}

/** The partition whose longest name begins a place; both end in a backslash. A folder may be in the way of its own drive. */
function partitionAt(place: string, { partitions }: WindowsFacts): WindowsPartition | undefined {
  let found: WindowsPartition | undefined;
  let longest = 0;
  for (const partition of partitions) {
    for (const path of partition.AccessPaths) {
      const name = path.endsWith('\\') ? path.toLowerCase() : `${path.toLowerCase()}\\`;
      if (name.length <= longest || !place.startsWith(name)) continue;
      found = partition;
      longest = name.length;
    }
  }
  return found;
}

function mounted(partition: WindowsPartition, facts: WindowsFacts): FileSystemBelow {
  const [mountPoint = pathOfDisk(partition.DiskNumber)] = mountPointsOf(partition);
  const name = volumeNameOf(partition) ?? mountPoint;
  return { id: fileSystemId(name), type: fileSystemOf(partition, facts) ?? 'unknown', mountPoint, keeper: 'machine' };
}
