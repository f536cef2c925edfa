import type { DiskLayout, DiskSummary, VolumeRoles, VolumeSummary } from '@sysimage/core';
import { describeGroup } from './describe-group.js';
import { diskBar, type BarPart } from './disk-bar.js';
import { rolesInWords } from './describe-roles.js';
import { formatBytes, formatTable, printable } from './format.js';
import { paint, type Terminal } from './terminal.js';

/** A disk as the system tells of it, as far as it does. */
export type KnownDisk = Pick<DiskSummary, 'path' | 'size'> & Partial<DiskSummary>;

/** What was found on it; `undefined` when it was not, or could not be, looked at. */
export type SeenLayout = DiskLayout | undefined;

/** A disk for people: what it is, a bar, and everything that lies on it. `roles`: of its volumes, as far as anybody asked. */
export function describeDisk(
  disk: KnownDisk,
  layout: SeenLayout,
  terminal: Terminal,
  roles: readonly VolumeRoles[] = [],
): string {
  const head = [
    paint(terminal, 'bold', printable(disk.path)),
    formatBytes(disk.size),
    printable([disk.vendor, disk.model].filter((name) => name !== undefined).join(' ')),
  ];
  const volumes = volumesOf(disk, layout).map((volume) => {
    const own = roles.find(({ partition }) => partition === volume.partition);
    return { ...volume, role: own === undefined ? '' : rolesInWords(own) };
  });
  const lines = [
    head.filter((text) => text !== '').join('  '),
    ...hardwareLines(disk, layout).map((line) => `  ${printable(line)}`),
    `  ${diskBar(volumes.map(partOf), disk.size)}`,
  ];
  if (volumes.length > 0) {
    const headings = ['  #', 'size', 'file system', 'label', 'mounted at', 'role', 'in the image', 'state'];
    const rows = volumes.flatMap((volume) => [rowOf(volume), ...rowsAbove(volume.known?.above ?? [], 0)]);
    // Nobody knows what would be taken of a disk that was not looked at.
    const columns = layout === undefined ? 6 : headings.length;
    const noRole = volumes.every(({ role }) => role === '') ? headings.indexOf('role') : -1;
    const shown = [headings, ...rows].map((row) => row.slice(0, columns).filter((_, column) => column !== noRole));
    lines.push(formatTable(shown.map((row) => row.map(printable))));
  }
  if (layout !== undefined) lines.push(...describeGroup(layout));
  for (const problem of [...(layout?.problems ?? []), ...(layout?.dynamic?.problems ?? [])])
    lines.push(`  ${paint(terminal, 'yellow', 'warning:')} ${printable(problem)}`);
  return lines.join('\n');
}

/** A partition, or all of a disk: from the inventory, from what was read, or from both. */
interface ShownVolume {
  readonly partition: number;
  readonly start: number;
  readonly size: number;
  readonly known: VolumeSummary | undefined;
  readonly read: DiskLayout['volumes'][number] | undefined;
  readonly name: string | undefined;
  /** Its roles, in words. */
  readonly role: string;
}

function volumesOf({ volumes = [] }: KnownDisk, layout: SeenLayout): readonly Omit<ShownVolume, 'role'>[] {
  // A table that only sysimage reads, or that the system did not read yet.
  const read = layout?.volumes ?? [];
  const numbers = [...new Set([...volumes, ...read].map(({ partition }) => partition))];
  const shown = numbers.flatMap((partition) => {
    const known = volumes.find((volume) => volume.partition === partition);
    const seen = read.find((volume) => volume.partition === partition);
    const place = seen ?? known;
    if (place === undefined || (partition === 0 && numbers.length > 1)) return [];
    const entry = layout?.partitions.find(({ index }) => index === partition);
    return [
      { partition, start: place.start, size: place.size, known, read: seen, name: entry?.name ?? known?.partitionName },
    ];
  });
  return shown.toSorted((a, b) => a.start - b.start);
}

function hardwareLines(disk: KnownDisk, layout: SeenLayout): readonly string[] {
  const { physicalSectorSize = disk.sectorSize, rotational } = disk;
  const kind = [
    disk.transport,
    rotational === undefined ? undefined : rotational ? 'spinning' : 'solid state',
    disk.removable === true ? 'removable' : undefined,
    disk.readOnly === true ? 'read-only' : undefined,
    disk.sectorSize === undefined || disk.sectorSize === physicalSectorSize
      ? undefined
      : `sectors of ${disk.sectorSize} on ${physicalSectorSize ?? 0} bytes`,
  ];
  const names = [
    disk.serial === undefined ? undefined : `serial ${disk.serial}`,
    disk.wwn === undefined ? undefined : `WWN ${disk.wwn}`,
  ];
  const facts = [...kind, ...names].filter((fact) => fact !== undefined);
  return [
    ...(facts.length === 0 ? [] : [facts.join(', ')]),
    ...(disk.backingFile === undefined ? [] : [`shows ${disk.backingFile}`]),
    tableInWords(disk, layout),
  ];
}

function tableInWords({ table, volumes = [] }: KnownDisk, layout: SeenLayout): string {
  const scheme = layout?.scheme ?? table?.scheme;
  const id = layout?.id ?? table?.id ?? '';
  if (scheme === 'gpt' || scheme === 'mbr') return `${scheme.toUpperCase()} ${id}`.trimEnd();
  if (scheme === 'none' || volumes.every(({ partition }) => partition === 0)) return 'no partition table';
  return 'a partition table';
}

function partOf({ start, size, partition, known, read, role }: ShownVolume): BarPart {
  const { fileSystem, above = [], mounts = [] } = known ?? {};
  const isKnown = fileSystem !== undefined || above.length > 0 || mounts.length > 0;
  const [first = ''] = role.split(',', 1);
  const name =
    partition === 0 ? {} : { name: String(partition), ...(['', 'unknown'].includes(first) ? {} : { role: first }) };
  if (read === undefined) return { start, size, used: size, fill: isKnown ? '▒' : '·', ...name };
  return { start, size, used: read.usedBytes, fill: read.copied === 'used' ? '█' : '▒', ...name };
}

function rowOf({ partition, size, known, read, name, role }: ShownVolume): readonly string[] {
  return [
    partition === 0 ? '  whole disk' : `  ${partition}`,
    formatBytes(size),
    read?.fileSystem ?? known?.fileSystem ?? 'unknown',
    read?.label ?? known?.label ?? name ?? '',
    mountsInWords(known?.mounts ?? []) || (read?.mountPoint ?? ''),
    role,
    read === undefined ? '' : read.copied === 'used' ? `${formatBytes(read.usedBytes)} used` : 'copied whole',
    read === undefined ? '' : stateInWords(read),
  ];
}

function stateInWords({ consistency, consistencyReason }: DiskLayout['volumes'][number]): string {
  // Where it is mounted stands beside.
  if (consistency === 'live') return 'in use';
  return consistency === 'clean' ? 'clean' : `${consistency}: ${consistencyReason ?? ''}`;
}

/** What is made of a volume, one under the other. */
function rowsAbove(above: VolumeSummary['above'], depth: number): readonly (readonly string[])[] {
  return above.flatMap((content) => [
    [
      `  ${'  '.repeat(depth)}└ ${content.kind}`,
      formatBytes(content.size),
      content.fileSystem ?? 'unknown',
      content.label ?? content.path,
      mountsInWords(content.mounts),
    ],
    ...rowsAbove(content.above, depth + 1),
  ]);
}

function mountsInWords(mounts: VolumeSummary['mounts']): string {
  const words = mounts.map(({ mountPoint, readOnly }) => (readOnly ? `${mountPoint} (read-only)` : mountPoint));
  return [...new Set(words)].join(', ');
}
