import { isFormatError } from '@sysimage/bytes';
import { readFirmwareEntry, readFirmwareOrder, type FirmwarePartition } from '@sysimage/installed-systems';
import type { Machine } from '../contract/services.js';
import type { DiskRecord, FirmwareEntryRecord, VersionRecord } from '../model/version-record.js';

type Variables = ReadonlyMap<string, Uint8Array>;
type KnownDisk = Pick<DiskRecord, 'index' | 'layout'>;

/** The entries of a firmware that start something from partitions of disks, in the order in which they are tried; others come last. */
export function firmwareEntriesOf(
  variables: Variables | undefined,
  disks: readonly KnownDisk[],
): readonly FirmwareEntryRecord[] {
  if (variables === undefined) return [];
  const order = numbersIn(variables, 'BootOrder');
  const [current] = numbersIn(variables, 'BootCurrent');
  const entries = [...variables].flatMap(([name, bytes]) => {
    const [, digits] = /^Boot([0-9A-F]{4})$/u.exec(name) ?? [];
    const read = digits === undefined ? undefined : unbroken(() => readFirmwareEntry(bytes));
    const found = read?.partition === undefined ? undefined : findPartition(read.partition, disks);
    if (digits === undefined || read === undefined || found === undefined) return [];
    const number = Number.parseInt(digits, 16);
    const place = order.indexOf(number);
    const { title, active, file, data } = read;
    const entry: FirmwareEntryRecord = {
      number,
      title,
      active,
      ...(place === -1 ? {} : { place }),
      current: number === current,
      ...found,
      ...(file === undefined ? {} : { file }),
      ...(data.length === 0 ? {} : { data: Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('') }),
    };
    return [entry];
  });
  return entries.toSorted((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity) || a.number - b.number);
}

/** What a firmware lacks to start restored disks as they were started before. */
export interface FirmwareGap {
  /** The machine was not started by UEFI, or does not show what its firmware can start: then nobody knows. */
  readonly known: boolean;
  /** In the order in which they were tried. */
  readonly missing: readonly FirmwareEntryRecord[];
}

/**
 * Of the entries that were recorded for these disks of a version and by which it was started, or would have been, those that the firmware of
 * this machine does not have.
 */
export async function findFirmwareGap(
  { firmwareEntries = [], disks }: Pick<VersionRecord, 'firmwareEntries' | 'disks'>,
  restored: readonly number[],
  machine: Machine,
): Promise<FirmwareGap> {
  const wanted = firmwareEntries.filter(
    ({ disk, active, place, current }) => restored.includes(disk) && (current || (active && place !== undefined)),
  );
  const variables = wanted.length === 0 ? undefined : await machine.firmwareVariables?.();
  const there = firmwareEntriesOf(variables, disks);
  const missing = wanted.filter((entry) => !there.some((other) => startsSame(entry, other)));
  return { known: variables !== undefined, missing };
}

function startsSame(a: FirmwareEntryRecord, b: FirmwareEntryRecord): boolean {
  const file = ({ file: path = '' }: FirmwareEntryRecord): string => path.toUpperCase();
  return a.disk === b.disk && a.partition === b.partition && file(a) === file(b);
}

function findPartition(
  named: FirmwarePartition,
  disks: readonly KnownDisk[],
): Pick<FirmwareEntryRecord, 'disk' | 'partition'> | undefined {
  for (const { index: disk, layout } of disks) {
    if (layout.scheme !== named.scheme) continue;
    const partition = layout.partitions.find(({ id, start }) =>
      named.scheme === 'gpt'
        ? id?.toUpperCase() === named.partitionId
        : layout.id?.toLowerCase() === named.diskId && start === named.firstSector * layout.sectorSize,
    );
    if (partition !== undefined) return { disk, partition: partition.index };
  }
  return undefined;
}

function numbersIn(variables: Variables, name: string): readonly number[] {
  return readFirmwareOrder(variables.get(name) ?? new Uint8Array(0));
}

/** A firmware goes on to the next entry when one makes no sense. */
function unbroken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isFormatError(error)) return undefined;
    throw error;
  }
}
