import type { DisksBelow, FileSystemBelow, PhysicalDisk } from '@sysimage/core/plugin';
import { pathOfDevice, type BlockDevice, type BlockDevices } from './block-devices.js';
import { isAnonymous } from './device-number.js';
import type { MachineSource } from './machine-source.js';
import { keeperOf } from './mount-keeper.js';
import { mountOf, parseMounts, unescapeMount, type Mount } from './mount-table.js';

// Deeper than anyone stacks devices.
const deepest = 16;

export interface PhysicalDisks {
  /** Below a file or folder, or what is still to be made there, or of a device. */
  belowPath(path: string): Promise<DisksBelow>;
  belowDevice(number: string): Promise<DisksBelow>;
}

/** What is found on the way down, and what stops it. */
interface Descent {
  readonly mounts: readonly Mount[];
  readonly disks: Map<string, PhysicalDisk>;
  readonly fileSystems: Map<string, FileSystemBelow>;
  /** Reasons why not everything is known; the first is told. */
  readonly unknown: string[];
  /** Devices and mounts: `done` ones have been looked below, below `open` ones we are. */
  readonly states: Map<string, 'open' | 'done'>;
  depth: number;
  /** Devices that are memory of the machine. */
  inMemory: number;
}

/**
 * Follows mounts, partitions, loop devices, device-mapper, md, btrfs, overlays and FUSE down to whole physical disks. What cannot be
 * known is unknown, with the reason: nothing is guessed.
 */
export function createPhysicalDisks(source: MachineSource, devices: BlockDevices): PhysicalDisks {
  async function descend(look: (descent: Descent) => Promise<void>): Promise<DisksBelow> {
    const mounts = parseMounts(await source.mountLines());
    const descent: Descent = {
      mounts,
      disks: new Map(),
      fileSystems: new Map(),
      unknown: [],
      states: new Map(),
      depth: 0,
      inMemory: 0,
    };
    await look(descent);
    const fileSystems = [...descent.fileSystems.values()];
    const [why] = descent.unknown;
    if (why !== undefined) return { known: false, why, fileSystems };
    return { known: true, disks: [...descent.disks.values()], fileSystems };
  }

  /** Looks below everything once, and never below what it is below of. */
  async function once(descent: Descent, key: string, name: string, look: () => Promise<void>): Promise<void> {
    const state = descent.states.get(key);
    if (state === 'open') descent.unknown.push(`${name} lies on itself`);
    if (state !== undefined) return;
    if (descent.depth >= deepest) {
      descent.unknown.push(`more than ${deepest} devices and file systems lie on each other`);
      return;
    }
    descent.states.set(key, 'open');
    descent.depth += 1;
    await look();
    descent.depth -= 1;
    descent.states.set(key, 'done');
  }

  async function belowPath(descent: Descent, path: string, options: { readonly nearest: boolean }): Promise<void> {
    const place = await source.locate(path, options);
    if (place.kind === 'nothing') {
      descent.unknown.push(place.why);
      return;
    }
    if (place.kind === 'device') {
      await belowDevice(descent, place.number);
      return;
    }
    const mount = mountOf(place.path, descent.mounts);
    const number = place.device ?? mount?.device;
    if (mount === undefined || !fits(mount, number)) {
      // The kernel's own word, though nobody can tell how it is mounted.
      if (number !== undefined && !isAnonymous(number)) await belowDevice(descent, number);
      else descent.unknown.push(`the mount of ${place.path} cannot be found`);
      return;
    }
    await belowMount(descent, mount);
  }

  async function belowMount(descent: Descent, mount: Mount): Promise<void> {
    const id = idOfFileSystem(mount);
    const { fileSystem: type, mountPoint } = mount;
    const keeper = isAnonymous(mount.device) ? keeperOf(mount) : 'machine';
    const root = mountOf('/', descent.mounts);
    // Whatever part of it is mounted elsewhere: the file system of the running system is told as that.
    const isRoot = root !== undefined && idOfFileSystem(root) === id;
    const add = (known: FileSystemBelow['keeper']): void => {
      descent.fileSystems.set(id, { id, type, mountPoint: isRoot ? root.mountPoint : mountPoint, keeper: known });
    };
    await once(descent, id, mountPoint, async () => {
      if (keeper === 'memory' || keeper === 'server') {
        add(keeper);
        if (keeper === 'server') {
          descent.unknown.push(`${mountPoint} is ${type}: on which disks ${mount.source} lies its server knows`);
        }
        return;
      }
      const before = descent.unknown.length;
      const { inMemory } = descent;
      const look = isAnonymous(mount.device)
        ? await sourceOf(descent, mount)
        : (): Promise<void> => belowDevice(descent, mount.device);
      add(look === undefined ? 'unknown' : 'machine');
      if (look !== undefined) await look();
      if (descent.inMemory > inMemory) add('memory');
      if (look === undefined && descent.unknown.length === before)
        descent.unknown.push(`${mountPoint} is ${type}, which lies on no device of its own`);
    });
  }

  /** How to go on below a mount that is no device's; `undefined` when nobody can tell. */
  async function sourceOf(descent: Descent, mount: Mount): Promise<(() => Promise<void>) | undefined> {
    if (mount.fileSystem === 'btrfs') {
      const names = await btrfsDevices(mount, source, devices);
      return names.length === 0 ? undefined : () => belowAll(descent, names);
    }
    if (mount.fileSystem === 'overlay') return overlayOf(descent, mount);
    if (!/^fuse(?:blk)?(?:\.|$)/u.test(mount.fileSystem) || !mount.source.startsWith('/')) return undefined;
    const place = await source.locate(mount.source);
    if (place.kind === 'device') return () => belowDevice(descent, place.number);
    return place.kind === 'file' ? () => belowPath(descent, mount.source, { nearest: false }) : undefined;
  }

  /** New files lie in the upper folder, older ones in any. Their names are those of whoever mounted it. */
  async function overlayOf(descent: Descent, mount: Mount): Promise<(() => Promise<void>) | undefined> {
    const folders = foldersOfOverlay(mount);
    for (const folder of folders) {
      const place = folder.startsWith('/') ? await source.locate(folder) : undefined;
      if (place?.kind === 'folder') continue;
      descent.unknown.push(`${mount.mountPoint} is an overlay of ${folder}, which cannot be found from here`);
      return undefined;
    }
    if (folders.length === 0) return undefined;
    return async () => {
      for (const folder of folders) await belowPath(descent, folder, { nearest: false });
    };
  }

  async function belowDevice(descent: Descent, number: string): Promise<void> {
    await once(descent, number, `the device ${number}`, async () => {
      const device = await devices.byNumber(number);
      if (device === undefined) descent.unknown.push(`the system does not show the device ${number}`);
      else if (device.partition !== undefined) await belowDevice(descent, device.partition.disk);
      else if (device.loop !== undefined) await belowPath(descent, device.loop.backingFile, { nearest: false });
      else if (device.slaves.length > 0) await belowAll(descent, device.slaves);
      else if (isMemory(device)) descent.inMemory += 1;
      else await addDisk(descent, device);
    });
  }

  async function belowAll(descent: Descent, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const device = await devices.byName(name);
      if (device === undefined) descent.unknown.push(`the system does not show the device ${name}`);
      else await belowDevice(descent, device.number);
    }
  }

  async function addDisk(descent: Descent, device: BlockDevice): Promise<void> {
    const name = pathOfDevice(device);
    if (isServed.test(device.name)) {
      descent.unknown.push(`${name} is no disk of its own: what serves it knows where its bytes lie`);
      return;
    }
    const dynamic = await source.dynamic(device.name, device);
    const id = hardwareOf(device);
    if (!descent.disks.has(id)) descent.disks.set(id, { id, name, dynamic });
  }

  return {
    belowPath: (path) => descend((descent) => belowPath(descent, path, { nearest: true })),
    belowDevice: (number) => descend((descent) => belowDevice(descent, number)),
  };
}

/** The same for every mount of a file system, of its subvolumes and of parts of it. */
export function idOfFileSystem({ device }: Pick<Mount, 'device'>): string {
  return `file-system:${device}`;
}

/** Names of all devices of the file system that is mounted there; the mount itself names only one of them. */
export async function btrfsDevices(
  mount: Mount,
  source: Pick<MachineSource, 'btrfs' | 'locate'>,
  devices: BlockDevices,
): Promise<readonly string[]> {
  const place = await source.locate(mount.source);
  const device = place.kind === 'device' ? await devices.byNumber(place.number) : undefined;
  if (device === undefined) return [];
  const all = await source.btrfs();
  return all.find((each) => each.devices.includes(device.name))?.devices ?? [];
}

// Their own device number is not that of their mount: each subvolume, or each layer, has one.
const manyNumbers: ReadonlySet<string> = new Set(['btrfs', 'overlay']);

function fits(mount: Mount, number: string | undefined): boolean {
  return mount.device === number || (manyNumbers.has(mount.fileSystem) && isAnonymous(number ?? ''));
}

/** Colons part the lower folders; one in a name has a backslash before it. */
function foldersOfOverlay({ options }: Mount): readonly string[] {
  return options.flatMap((option) => {
    const [, key = '', value = ''] = /^(upperdir|lowerdir\+?|datadir\+?)=(.*)$/su.exec(option) ?? [];
    const text = unescapeMount(value);
    if (key === 'lowerdir')
      return text
        .split(/(?<!\\):/u)
        .filter((folder) => folder !== '')
        .map(plain);
    return key === '' ? [] : [plain(text)];
  });
}

function plain(folder: string): string {
  return folder.replaceAll(/\\([:,\\])/gu, '$1');
}

/** Devices whose bytes are in another program, on another machine, or in a pool. */
const isServed = /^(?:nbd|rbd|rnbd|drbd|zd|ublkb|dm-|md|loop)\d/u;

function isMemory({ name }: BlockDevice): boolean {
  return /^z?ram\d/u.test(name);
}

/** Namespaces of one NVMe drive, and the boot areas of one memory card, fail together. */
function hardwareOf({ name, number }: BlockDevice): string {
  const [, drive] = /^(nvme\d+)n\d+$/u.exec(name) ?? /^(mmcblk\d+)(?:boot\d+|rpmb|gp\d+)?$/u.exec(name) ?? [];
  return `sysfs:${drive ?? number}`;
}
