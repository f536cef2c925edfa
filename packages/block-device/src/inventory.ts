import type { ContentSummary, DiskSummary, VolumeSummary } from '@sysimage/core/plugin';
import { pathOfDevice, type BlockDevice, type BlockDevices } from './block-devices.js';
import type { PhysicalDisks } from './disks-below.js';
import { readLsblk, type LsblkFacts } from './lsblk.js';
import type { MachineSource } from './machine-source.js';
import { mountedByDevice, type Mounted } from './mounted-by-device.js';
import { withoutUndefined } from './without-undefined.js';

// Deeper than anyone stacks devices; ends circles.
const deepest = 16;
// What is made of several devices is shown on each of them, which is bounded too.
const mostContents = 16_384;

/** All disks of a machine, with everything that its system tells of them. */
export async function readInventory(
  source: MachineSource,
  devices: BlockDevices,
  physical: PhysicalDisks,
): Promise<readonly DiskSummary[]> {
  const all = await devices.all();
  const byName = new Map(all.map((device) => [device.name, device]));
  const known: Known = {
    byName,
    loops: loopsOver(all),
    facts: readLsblk(await source.lsblk()),
    mounted: await mountedByDevice(byName, source, devices),
    left: mostContents,
  };
  const disks: DiskSummary[] = [];
  for (const device of all.filter(isWholeDisk)) {
    const below = await physical.belowDevice(device.number);
    disks.push({
      ...hardwareFacts(device, known.facts.get(device.number) ?? {}),
      volumes: volumesOf(device, known),
      ...(below.known ? { physicalDisks: below.disks } : { physicalDisksUnknown: below.why }),
    });
  }
  return disks;
}

// Memory, optical drives, and what is made of other disks.
const noDisk = /^(?:ram|zram|sr|dm-|md|fd)\d/u;

function isWholeDisk(device: BlockDevice): boolean {
  if (device.partition !== undefined || device.hidden || device.size === 0 || noDisk.test(device.name)) return false;
  return !device.name.startsWith('loop') || device.loop !== undefined;
}

/** What is known of all devices. */
interface Known {
  readonly byName: ReadonlyMap<string, BlockDevice>;
  /** By path of the device that they show. */
  readonly loops: ReadonlyMap<string, readonly BlockDevice[]>;
  readonly facts: ReadonlyMap<string, LsblkFacts>;
  readonly mounted: ReadonlyMap<string, Mounted>;
  /** How much may still be shown. */
  left: number;
}

function loopsOver(all: readonly BlockDevice[]): Known['loops'] {
  const loops = new Map<string, BlockDevice[]>();
  for (const device of all) {
    if (device.loop === undefined) continue;
    const others = loops.get(device.loop.backingFile) ?? [];
    others.push(device);
    loops.set(device.loop.backingFile, others);
  }
  return loops;
}

function hardwareFacts(device: BlockDevice, facts: LsblkFacts): DiskSummary {
  const table = tableOf(facts);
  return withoutUndefined({
    path: pathOfDevice(device),
    size: device.size,
    sectorSize: device.sectorSize,
    physicalSectorSize: device.physicalSectorSize,
    vendor: device.vendor ?? facts.vendor,
    // The system cuts the model of a SATA disk; udev has it whole.
    model: longer(device.model, facts.model),
    serial: device.serial ?? facts.serial,
    wwn: facts.wwn ?? device.wwn,
    transport: facts.transport,
    removable: device.removable,
    rotational: device.rotational,
    readOnly: device.readOnly,
    backingFile: device.loop?.backingFile,
    table,
  });
}

function longer(first: string | undefined, second: string | undefined): string | undefined {
  return (second?.length ?? 0) > (first?.length ?? 0) ? second : first;
}

function tableOf({ tableType, tableId }: LsblkFacts): DiskSummary['table'] {
  if (tableType === undefined) return undefined;
  const scheme = tableType === 'gpt' ? 'gpt' : tableType === 'dos' ? 'mbr' : 'other';
  return { scheme, ...(tableId === undefined ? {} : { id: tableId }) };
}

function volumesOf(disk: BlockDevice, known: Known): readonly VolumeSummary[] {
  const partitions = disk.partitions
    .flatMap((name) => known.byName.get(name) ?? [])
    .toSorted((a, b) => (a.partition?.start ?? 0) - (b.partition?.start ?? 0));
  const summary = (device: BlockDevice): VolumeSummary => {
    const { partitionType, partitionTypeName, partitionName, partitionId } = known.facts.get(device.number) ?? {};
    return withoutUndefined({
      ...contentOf(device, known, 0),
      partition: device.partition?.index ?? 0,
      start: device.partition?.start ?? 0,
      type: partitionType,
      typeName: partitionTypeName,
      partitionName,
      partitionId,
    });
  };
  return partitions.length > 0 ? partitions.map(summary) : [summary(disk)];
}

function contentOf(device: BlockDevice, known: Known, depth: number): ContentSummary {
  const { fileSystem, label, id } = known.facts.get(device.number) ?? {};
  const { type, mounts = [] } = known.mounted.get(device.number) ?? {};
  const above: ContentSummary['above'][number][] = [];
  for (const upper of depth < deepest ? devicesOn(device, known) : []) {
    if (known.left <= 0) break;
    known.left -= 1;
    above.push({ ...contentOf(upper, known, depth + 1), kind: kindOf(upper, known.facts) });
  }
  return withoutUndefined({
    path: device.mapped === undefined ? pathOfDevice(device) : `/dev/mapper/${device.mapped.name}`,
    size: device.size,
    fileSystem: fileSystem ?? type,
    label,
    id,
    mounts,
    above,
  });
}

/** Made of it by device-mapper or md, or showing it as a loop device. Partitions of a mapped device are its holders. */
function devicesOn(device: BlockDevice, { byName, loops }: Known): readonly BlockDevice[] {
  const holders = device.holders.flatMap((name) => byName.get(name) ?? []);
  return [...holders, ...(loops.get(pathOfDevice(device)) ?? [])];
}

function kindOf(device: BlockDevice, facts: ReadonlyMap<string, LsblkFacts>): string {
  const type = facts.get(device.number)?.type;
  if (type !== undefined) return type;
  if (device.loop !== undefined) return 'loop';
  if (device.array !== undefined) return device.array.level;
  const [maker] = /^[A-Z]+/u.exec(device.mapped?.maker ?? '') ?? [];
  return maker?.toLowerCase() ?? 'other';
}
