import type { DiskLayout } from '@sysimage/core';
import { counted, formatBytes, formatTable, printable } from './format.js';

/** More of them nobody reads. */
const mostVolumes = 32;

/** Which group of dynamic disks a disk is of, and what of its volumes lies on it: nothing for all other disks. */
export function describeGroup({ dynamic }: Pick<DiskLayout, 'dynamic'>): readonly string[] {
  if (dynamic === undefined) return [];
  const { diskId = '', groupName, disks, volumes } = dynamic;
  const own = disks.find(({ id }) => id === diskId)?.name;
  const head = [
    `  dynamic disk${own === undefined ? '' : ` ${own}`}`,
    groupName === undefined ? ' of a group that cannot be read' : ` of the group ${groupName}`,
    disks.length === 0 ? '' : ` (${counted(disks.length, 'disk')})`,
  ];
  const here = volumes.filter((volume) => volume.disks.includes(diskId));
  const rows = here
    .slice(0, mostVolumes)
    .map(({ name, size, kind, hint = '', disks: { length } }) => [
      `  └ ${name}`,
      formatBytes(size),
      length > 1 ? `${kind}, on ${length} disks` : kind,
      hint,
    ]);
  const more = here.length - rows.length;
  return [
    printable(head.join('')),
    ...(rows.length === 0 ? [] : [formatTable(rows.map((row) => row.map(printable)))]),
    ...(more === 0 ? [] : [`  and ${more} more`]),
  ];
}
