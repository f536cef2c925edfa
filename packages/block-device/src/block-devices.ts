import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SystemRoots } from './system-roots.js';

// Sizes and starts in sysfs are in these units whatever the sector of the device.
const unit = 512;

/** A disk, a partition, or something that lies on others, as sysfs shows it. */
export interface BlockDevice {
  /** `major:minor`. */
  readonly number: string;
  /** As sysfs spells it: a `!` stands for the `/` of `/dev`. */
  readonly name: string;
  readonly size: number;
  readonly sectorSize: number;
  readonly removable: boolean;
  readonly hidden: boolean;
  readonly model: string | undefined;
  readonly serial: string | undefined;
  /** Of a partition: where it starts on its disk, and the number of the disk. */
  readonly partition: { readonly start: number; readonly disk: string } | undefined;
  /** Of a loop device that is in use. */
  readonly loop: { readonly backingFile: string; readonly offset: number } | undefined;
  /** Numbers of the partitions on it. */
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

export function createBlockDevices({ sysRoot }: Pick<SystemRoots, 'sysRoot'>): BlockDevices {
  const byNumber = (number: string): Promise<BlockDevice | undefined> => read(join(sysRoot, 'dev/block', number));
  const byName = (name: string): Promise<BlockDevice | undefined> => read(join(sysRoot, 'class/block', name));
  return {
    byNumber,
    byName,
    async all() {
      const names = await namesIn(join(sysRoot, 'class/block'));
      const devices = await Promise.all(names.map(byName));
      return devices.filter((device) => device !== undefined);
    },
  };
}

async function read(link: string): Promise<BlockDevice | undefined> {
  const folder = await realpath(link).catch(() => undefined);
  if (folder === undefined) return undefined;
  const number = await textOf(join(folder, 'dev'));
  if (number === undefined) return undefined;
  const isPartition = (await textOf(join(folder, 'partition'))) !== undefined;
  const whole = isPartition ? dirname(folder) : folder;
  return {
    number,
    name: basename(folder),
    size: (await numberOf(join(folder, 'size'))) * unit,
    sectorSize: (await numberOf(join(whole, 'queue/logical_block_size'))) || unit,
    removable: (await numberOf(join(whole, 'removable'))) === 1,
    hidden: (await numberOf(join(whole, 'hidden'))) === 1,
    model: await firstText(whole, ['device/model', 'device/name']),
    serial: (await firstText(whole, ['serial', 'device/serial'])) ?? (await serialPage(whole)),
    partition: isPartition ? await partitionOf(folder, whole) : undefined,
    loop: await loopOf(folder),
    partitions: isPartition ? [] : await partitionsOf(folder),
    slaves: await namesIn(join(folder, 'slaves')),
    holders: await namesIn(join(folder, 'holders')),
  };
}

async function partitionOf(folder: string, whole: string): Promise<BlockDevice['partition']> {
  const disk = await textOf(join(whole, 'dev'));
  return disk === undefined ? undefined : { start: (await numberOf(join(folder, 'start'))) * unit, disk };
}

async function partitionsOf(folder: string): Promise<readonly string[]> {
  const numbers: string[] = [];
  for (const name of await namesIn(folder)) {
    if ((await textOf(join(folder, name, 'partition'))) === undefined) continue;
    const number = await textOf(join(folder, name, 'dev'));
    if (number !== undefined) numbers.push(number);
  }
  return numbers;
}

async function loopOf(folder: string): Promise<BlockDevice['loop']> {
  // A path may start or end with a space, so only the newline goes.
  const backingFile = await readFile(join(folder, 'loop/backing_file'), 'utf8').catch(() => undefined);
  if (backingFile === undefined || backingFile.trim() === '') return undefined;
  return { backingFile: backingFile.replace(/\n$/u, ''), offset: await numberOf(join(folder, 'loop/offset')) };
}

/** SCSI's page with the unit serial number: four bytes of header, then the text. */
async function serialPage(folder: string): Promise<string | undefined> {
  const page = await readFile(join(folder, 'device/vpd_pg80'), 'latin1').catch(() => '');
  const text = page.slice(4).replaceAll('\0', '').trim();
  return /^[\x20-\x7e]+$/u.test(text) ? text : undefined;
}

async function firstText(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const text = await textOf(join(folder, name));
    if (text !== undefined && text !== '') return text;
  }
  return undefined;
}

async function numberOf(path: string): Promise<number> {
  const number = Number(await textOf(path));
  return Number.isSafeInteger(number) ? number : 0;
}

async function textOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text?.trim();
}

async function namesIn(path: string): Promise<string[]> {
  const names: readonly string[] = await readdir(path).catch(() => []);
  return names.toSorted((a, b) => (a < b ? -1 : 1));
}
