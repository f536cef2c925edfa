import type { BootConfigurationRecord, DiskRecord, FirmwareEntryRecord, VersionRecord } from '@sysimage/core';
import { describeVolumes } from './describe-plan.js';
import { describeSystems } from './describe-systems.js';
import { formatBytes, formatMoment, printable } from './format.js';
import { paint, type Terminal } from './terminal.js';

/** A version for people: every disk as a bar, what of it was taken, which systems lie on the disks, and what starts them. */
export function describeVersion(version: VersionRecord, terminal: Terminal): string {
  const { id, computer, createdAt, consistency, disks, systems } = version;
  const head = `${paint(terminal, 'bold', id)}  ${printable(computer)}, taken ${formatMoment(createdAt)}, ${consistency}`;
  const parts = [
    head,
    ...disks.map((disk) => describeDisk(disk, terminal)),
    ...describeSystems(systems),
    ...describeConfigurations(version),
    ...describeFirmware(version),
  ];
  return `${parts.join('\n\n')}\n`;
}

function describeDisk({ index, path, layout, allocatedBytes, image }: DiskRecord, terminal: Terminal): string {
  const table = layout.scheme === 'none' ? 'no partition table' : `${layout.scheme.toUpperCase()} ${layout.id ?? ''}`;
  const head = `${paint(terminal, 'bold', `disk ${index}  ${printable(path)}`)}  ${formatBytes(layout.size)}, ${printable(table).trimEnd()}`;
  return [head, ...describeVolumes(layout), `  ${formatBytes(allocatedBytes)} in ${printable(image.name)}`].join('\n');
}

type Device = NonNullable<BootConfigurationRecord['manager']>;

/** Which disks the boot manager of Windows names: a restored system starts when these are the identities of its disks. */
function describeConfigurations({ bootConfigurations = [], disks }: VersionRecord): readonly string[] {
  if (bootConfigurations.length === 0) return [];
  const lines = bootConfigurations.flatMap(({ disk, partition, file, state, manager, entries, first, shown }) => {
    const hidden = entries.filter(({ id }) => !shown.includes(id) && id !== first).length;
    const states = { clean: [], dirty: ['its last changes may be missing here'], broken: ['cannot be read'] };
    const facts = [
      ...(manager === undefined ? [] : [`lies on ${deviceInWords(manager, disks)}`]),
      ...(hidden === 0 ? [] : [`${hidden} more not in the menu`]),
      ...states[state],
    ];
    return [
      `  ${disk}:${partition} ${printable(file)}${facts.length === 0 ? '' : `: ${facts.join(', ')}`}`,
      ...entries
        .filter(({ id }) => shown.includes(id) || id === first)
        .map(({ id, title = id, system }) => {
          const where = system === undefined ? 'where it lies' : deviceInWords(system, disks);
          return `    ${printable(title)}: starts ${where}${id === first ? ', by itself' : ''}`;
        }),
    ];
  });
  return [['boot configurations', ...lines].join('\n')];
}

function deviceInWords(device: Device, disks: readonly DiskRecord[]): string {
  const record = disks.find(({ layout }) => layout.id?.toUpperCase() === device.diskId.toUpperCase());
  const found = record?.layout.partitions.find(({ id, start }) =>
    device.scheme === 'gpt' ? id?.toUpperCase() === device.partitionId : start === device.start,
  );
  if (record !== undefined && found !== undefined) return `${record.index}:${found.index}`;
  const part = device.scheme === 'gpt' ? `partition ${device.partitionId}` : `byte ${device.start}`;
  return `${part} of the disk ${device.diskId}, which is not in this version`;
}

/** What the firmware had, which is no part of any disk. */
function describeFirmware({ firmwareEntries = [] }: VersionRecord): readonly string[] {
  if (firmwareEntries.length === 0) return [];
  return [['entries of the firmware', ...firmwareEntries.map((entry) => `  ${entryInWords(entry)}`)].join('\n')];
}

function entryInWords({ number, title, disk, partition, file, active, place, current }: FirmwareEntryRecord): string {
  const facts = [
    ...(active && place !== undefined ? [] : ['not tried']),
    ...(current ? ['the machine was started by it'] : []),
  ];
  const name = `Boot${number.toString(16).toUpperCase().padStart(4, '0')} ${printable(title)}`;
  const where = `${disk}:${partition}${file === undefined ? '' : ` ${printable(file)}`}`;
  return `${name}: ${where}${facts.length === 0 ? '' : `, ${facts.join(', ')}`}`;
}
