import type { DeviceFacts, MachineSource } from './machine-source.js';
import { raidArrayFrom, type RaidArray } from './raid-array.js';

// Sizes and starts in sysfs are in these units whatever the sector of the device.
const unit = 512;

/** A disk, a partition, or something that lies on others. */
export interface BlockDevice {
  /** `major:minor`. */
  readonly number: string;
  /** As sysfs spells it: a `!` stands for the `/` of `/dev`. */
  readonly name: string;
  readonly size: number;
  readonly sectorSize: number;
  readonly physicalSectorSize: number | undefined;
  readonly removable: boolean;
  readonly rotational: boolean | undefined;
  readonly readOnly: boolean;
  readonly hidden: boolean;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  readonly serial: string | undefined;
  readonly wwn: string | undefined;
  /** Of a partition: its index, where it starts on its disk, and the number of the disk. */
  readonly partition: { readonly index: number; readonly start: number; readonly disk: string } | undefined;
  /** Of a loop device that is in use. */
  readonly loop: { readonly backingFile: string; readonly offset: number } | undefined;
  /** Of device-mapper: the name below `/dev/mapper`, who made it (`LVM-…`, `CRYPT-LUKS2-…`), and whether who reads it has to wait. */
  readonly mapped: { readonly name: string; readonly maker: string; readonly suspended: boolean } | undefined;
  /** Of md. */
  readonly array: RaidArray | undefined;
  /** Names of the partitions on it. */
  readonly partitions: readonly string[];
  /** Names of the devices it is made of, and of those made of it: device-mapper, md. */
  readonly slaves: readonly string[];
  readonly holders: readonly string[];
}

export interface BlockDevices {
  byNumber(number: string): Promise<BlockDevice | undefined>;
  byName(name: string): Promise<BlockDevice | undefined>;
  all(): Promise<readonly BlockDevice[]>;
}

export function createBlockDevices(source: Pick<MachineSource, 'deviceNames' | 'device' | 'nameOf'>): BlockDevices {
  const byName = async (name: string): Promise<BlockDevice | undefined> => {
    const facts = await source.device(name);
    if (facts === undefined) return undefined;
    const whole = facts.disk === undefined ? facts : await source.device(facts.disk);
    return deviceFrom(facts, whole ?? facts);
  };
  return {
    byName,
    async byNumber(number) {
      const name = await source.nameOf(number);
      return name === undefined ? undefined : byName(name);
    },
    async all() {
      const names = await source.deviceNames();
      const found = (await Promise.all(names.map((name) => source.device(name)))).filter((each) => each !== undefined);
      const facts = new Map(found.map((each) => [each.name, each]));
      return found.flatMap((each) => deviceFrom(each, facts.get(each.disk ?? '') ?? each) ?? []);
    },
  };
}

/** `/dev/sda`, `/dev/cciss/c0d0`. */
export function pathOfDevice({ name }: Pick<BlockDevice, 'name'>): string {
  return `/dev/${name.replaceAll('!', '/')}`;
}

function deviceFrom(facts: DeviceFacts, whole: DeviceFacts): BlockDevice | undefined {
  const number = textOf(facts, 'dev');
  if (number === undefined || !/^\d{1,10}:\d{1,10}$/u.test(number)) return undefined;
  const mapped = textOf(facts, 'dm/name');
  const backingFile = facts.attributes['loop/backing_file'];
  const rotational = textOf(whole, 'queue/rotational');
  return {
    number,
    name: facts.name,
    size: bytesOf(facts, 'size', unit),
    sectorSize: bytesOf(whole, 'queue/logical_block_size') || unit,
    physicalSectorSize: bytesOf(whole, 'queue/physical_block_size') || undefined,
    removable: textOf(whole, 'removable') === '1',
    rotational: rotational === undefined ? undefined : rotational === '1',
    readOnly: textOf(facts, 'ro') === '1',
    hidden: textOf(whole, 'hidden') === '1',
    vendor: textOf(whole, 'device/vendor'),
    model: textOf(whole, 'device/model') ?? textOf(whole, 'device/name'),
    serial: textOf(whole, 'serial') ?? textOf(whole, 'device/serial') ?? serialOf(whole),
    wwn: textOf(whole, 'wwid') ?? textOf(whole, 'device/wwid'),
    partition: partitionOf(facts, whole),
    loop:
      backingFile === undefined || backingFile.trim() === ''
        ? undefined
        : // A path may start or end with a space, so only the newline goes.
          { backingFile: backingFile.replace(/\n$/u, ''), offset: bytesOf(facts, 'loop/offset') },
    mapped:
      mapped === undefined
        ? undefined
        : {
            name: mapped,
            maker: textOf(facts, 'dm/uuid') ?? '',
            suspended: textOf(facts, 'dm/suspended') === '1',
          },
    array: raidArrayFrom(facts),
    partitions: facts.partitions,
    slaves: facts.slaves,
    holders: facts.holders,
  };
}

function partitionOf(facts: DeviceFacts, whole: DeviceFacts): BlockDevice['partition'] {
  const disk = textOf(whole, 'dev');
  if (facts.disk === undefined || disk === undefined) return undefined;
  return { index: bytesOf(facts, 'partition'), start: bytesOf(facts, 'start', unit), disk };
}

/** SCSI's page with the unit serial number: four bytes of header, then the text. */
function serialOf({ attributes }: DeviceFacts): string | undefined {
  const text = (attributes['device/vpd_pg80'] ?? '').slice(4).replaceAll('\0', '').trim();
  return /^[\x20-\x7e]+$/u.test(text) ? text : undefined;
}

/** What is no whole number counts as 0. */
function bytesOf(facts: DeviceFacts, name: string, factor = 1): number {
  const bytes = Number(textOf(facts, name) ?? 0) * factor;
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : 0;
}

function textOf({ attributes }: DeviceFacts, name: string): string | undefined {
  const text = Object.hasOwn(attributes, name) ? attributes[name]?.trim() : undefined;
  return text === '' ? undefined : text;
}
