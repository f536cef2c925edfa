import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { deviceNumber } from './device-number.js';
import { isDynamic } from './dynamic-disk.js';
import { askDmsetup } from './dmsetup.js';
import { askLsblk } from './lsblk.js';
import type { BtrfsFacts, DeviceFacts, MachineSource, Place } from './machine-source.js';
import { parseMounts, type Mount } from './mount-table.js';
import { ofArray, ofMember } from './raid-array.js';
import { errnoOf } from './system-errors.js';
import type { SystemRoots } from './system-roots.js';

// More is no attribute of a device.
const longest = 4096;

/** Read for every device, and for whole disks beside. */
const ofEvery = [
  'dev',
  'size',
  'ro',
  'partition',
  'start',
  'loop/backing_file',
  'loop/offset',
  'dm/name',
  'dm/uuid',
  'dm/suspended',
];
const ofWhole = [
  'removable',
  'hidden',
  'queue/logical_block_size',
  'queue/physical_block_size',
  'queue/rotational',
  'serial',
  'wwid',
  'md/level',
  'device/vendor',
  'device/model',
  'device/name',
  'device/serial',
  'device/vpd_pg80',
  'device/wwid',
];

/** The machine that this process runs on, as its kernel shows it. Linux; elsewhere it has no devices and no mounts. */
export function createRunningMachine(roots: SystemRoots): MachineSource {
  const { sysRoot, procRoot, devRoot } = roots;
  const device = (name: string): Promise<DeviceFacts | undefined> => readDevice(join(sysRoot, 'class/block', name));
  return {
    deviceNames: () => namesIn(join(sysRoot, 'class/block')),
    device,
    nameOf: async (number) => {
      const folder = await realpath(join(sysRoot, 'dev/block', number)).catch(() => undefined);
      return folder === undefined ? undefined : basename(folder);
    },
    mountLines: async () => {
      const text = await readFile(join(procRoot, 'self/mountinfo'), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
    btrfs: () => readBtrfs(join(sysRoot, 'fs/btrfs')),
    // Of files that only look like a kernel's, lsblk knows nothing.
    lsblk: async () => (sysRoot === '/sys' ? askLsblk() : undefined),
    mapperTables: async () => (sysRoot === '/sys' ? askDmsetup() : ''),
    locate: (path, { nearest = false } = {}) => locate(resolve(path), roots, nearest),
    dynamic: (name, disk) => isDynamic(join(devRoot, name.replaceAll('!', '/')), disk),
  };
}

/** The mounts that this process sees, in the order in which they were made. */
export async function readMounts(roots: SystemRoots): Promise<readonly Mount[]> {
  return parseMounts(await createRunningMachine(roots).mountLines());
}

async function readDevice(link: string): Promise<DeviceFacts | undefined> {
  const folder = await realpath(link).catch(() => undefined);
  if (folder === undefined) return undefined;
  const attributes: Record<string, string> = {};
  const there = new Set(await namesIn(folder));
  const readAll = async (names: readonly string[]): Promise<void> => {
    // Most devices lack most of these, and asking for each takes longer than looking.
    for (const name of names.filter((each) => there.has(each.split('/')[0] ?? ''))) {
      const text = await attributeOf(join(folder, name));
      if (text !== undefined) attributes[name] = text;
    }
  };
  await readAll(ofEvery);
  if (attributes['dev'] === undefined) return undefined;
  const isPartition = attributes['partition'] !== undefined;
  if (!isPartition) await readAll(ofWhole);
  const slaves = await namesIn(join(folder, 'slaves'));
  if (attributes['md/level'] !== undefined) await readAll([...ofArray, ...slaves.flatMap(ofMember)]);
  return {
    name: basename(folder),
    ...(isPartition ? { disk: basename(dirname(folder)) } : {}),
    attributes,
    partitions: isPartition ? [] : await partitionsIn(folder),
    slaves,
    holders: await namesIn(join(folder, 'holders')),
  };
}

/** Bytes of a page of SCSI are no UTF-8; paths may be. */
async function attributeOf(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined || bytes.byteLength > longest) return undefined;
  return path.endsWith('vpd_pg80') ? bytes.toString('latin1') : bytes.toString('utf8');
}

async function partitionsIn(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await namesIn(folder)) {
    // What belongs to the disk itself does not start with its name.
    if (!name.startsWith(basename(folder))) continue;
    if ((await attributeOf(join(folder, name, 'partition'))) !== undefined) found.push(name);
  }
  return found;
}

async function readBtrfs(folder: string): Promise<readonly BtrfsFacts[]> {
  const found: BtrfsFacts[] = [];
  for (const id of await namesIn(folder)) {
    const devices = await namesIn(join(folder, id, 'devices'));
    if (devices.length > 0) found.push({ id, devices });
  }
  return found;
}

async function locate(path: string, roots: SystemRoots, nearest: boolean): Promise<Place> {
  const place = path.startsWith('/dev/') ? join(roots.devRoot, path.slice('/dev/'.length)) : path;
  try {
    const real = await realpath(place);
    const stats = await stat(real, { bigint: true });
    if (stats.isBlockDevice()) return { kind: 'device', number: deviceNumber(stats.rdev) };
    const shown = await shownDevice(real, roots);
    if (shown !== undefined) return { kind: 'device', number: shown };
    const { dev, ino } = stats;
    if (stats.isDirectory() || stats.isFile()) {
      const kind = stats.isFile() ? 'file' : 'folder';
      return { kind, path: real, device: deviceNumber(dev), file: { dev, ino } };
    }
    return { kind: 'nothing', why: `${path} is neither a file, a folder nor a disk` };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno !== 'ENOENT') return { kind: 'nothing', why: `${path} cannot be looked at: ${errno}` };
    if (!nearest || (await isThere(place)) || dirname(path) === path) {
      return { kind: 'nothing', why: `${path} cannot be found` };
    }
    return locate(dirname(path), roots, nearest);
  }
}

/** Devices of files that only look like a kernel's. */
async function shownDevice(real: string, { devRoot, sysRoot }: SystemRoots): Promise<string | undefined> {
  if (devRoot === '/dev') return undefined;
  const below = relative(await realpath(devRoot).catch(() => devRoot), real);
  if (below === '' || below.startsWith('..')) return undefined;
  return (await readDevice(join(sysRoot, 'class/block', below.replaceAll('/', '!'))))?.attributes['dev']?.trim();
}

/** A link to nothing: whatever is made there lies elsewhere. */
function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function namesIn(path: string): Promise<string[]> {
  const names: readonly string[] = await readdir(path).catch(() => []);
  return names.toSorted((a, b) => (a < b ? -1 : 1));
}
