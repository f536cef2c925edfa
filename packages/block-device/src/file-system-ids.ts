import type { BlockDevice, BlockDevices } from './block-devices.js';
import { idOfFileSystem } from './disks-below.js';
import type { MachineSource } from './machine-source.js';
import { mountedByDevice } from './mounted-by-device.js';

/** What a mount of a device says, or would say, of its file system; `undefined` where nobody can tell who uses it. */
export type FileSystemIds = (device: BlockDevice) => string | undefined;

/** For devices that hold a file system as a whole. */
export async function fileSystemIds(
  all: readonly BlockDevice[],
  source: MachineSource,
  devices: BlockDevices,
): Promise<FileSystemIds> {
  const byName = new Map(all.map((device) => [device.name, device]));
  const mounted = await mountedByDevice(byName, source, devices);
  const ofBtrfs = new Set((await source.btrfs()).flatMap(({ devices: names }) => names));
  const shown = new Set<string>();
  for (const { loop } of all) {
    const place = loop === undefined ? undefined : await source.locate(loop.backingFile);
    if (place?.kind === 'device') shown.add(place.number);
  }
  return ({ name, number }) => {
    // What is mounted of a loop device bears the loop's number.
    if (shown.has(number)) return undefined;
    const [id, another] = new Set(mounted.get(number)?.mounts.map(({ fileSystem }) => fileSystem));
    if (another !== undefined) return undefined;
    // The kernel shows those of mounted btrfs, also where it is not seen which mount that is.
    if (id === undefined && ofBtrfs.has(name)) return undefined;
    return id ?? idOfFileSystem({ device: number });
  };
}
