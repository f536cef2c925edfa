import type { BackupPlan } from '@sysimage/core';
import { describeGroup } from './describe-group.js';
import { diskBar, type BarPart } from './disk-bar.js';
import { describeSystems } from './describe-systems.js';
import { counted, formatBytes, formatTable, printable } from './format.js';
import { paint, type Terminal } from './terminal.js';

type PlannedDisk = BackupPlan['disks'][number];
type Volume = PlannedDisk['layout']['volumes'][number];

/** A plan for people: every disk as a bar, what of it is taken, and where it goes. */
export function describePlan(plan: BackupPlan, terminal: Terminal): string {
  return `${[...plan.disks.map((disk) => describeDisk(disk, terminal)), ...describeSystems(plan.systems), describeTarget(plan, terminal)].join('\n\n')}\n`;
}

function describeDisk(disk: PlannedDisk, terminal: Terminal): string {
  const { layout, path, index } = disk;
  const head = `${paint(terminal, 'bold', `disk ${index}  ${printable(path)}`)}  ${formatBytes(layout.size)}, ${layout.scheme === 'none' ? 'no partition table' : layout.scheme.toUpperCase()}`;
  const work = `  ${formatBytes(disk.bytesToRead)} to read, ${
    disk.incremental ? `only changes are written; ${formatBytes(disk.bytesNeeded)} newly in use` : 'a whole new image'
  }`;
  return [head, ...describeVolumes(layout), work].join('\n');
}

/** The volumes of a disk, as a bar and as a table: what of each is taken. */
export function describeVolumes(layout: PlannedDisk['layout']): readonly string[] {
  const rows = layout.volumes.flatMap((volume) => [
    [
      `  ${volume.partition === 0 ? 'disk' : volume.partition}`,
      formatBytes(volume.size),
      volume.fileSystem ?? 'unknown',
      volume.label ?? '',
      takenInWords(volume),
      volume.consistencyReason ?? volume.consistency,
    ],
    ...(volume.inside ?? []).map((inside) => [
      '   -',
      formatBytes(inside.size),
      inside.fileSystem ?? 'unknown',
      '',
      takenInWords(inside),
      inside.path,
    ]),
  ]);
  const table = formatTable(
    [['  #', 'size', 'file system', 'label', 'taken', 'state'], ...rows].map((row) => row.map(printable)),
  );
  return [`  ${diskBar(layout.volumes.map(partOf), layout.size)}`, table, ...describeGroup(layout)];
}

function partOf({ start, size, usedBytes: used, copied }: Volume): BarPart {
  return { start, size, used, fill: copied === 'none' ? '·' : copied === 'whole' ? '▒' : '█' };
}

function takenInWords(
  volume: Pick<Volume, 'usedBytes' | 'wholeReason' | 'leftOut'> & { readonly copied: Volume['copied'] },
): string {
  if (volume.copied === 'none') return 'left out';
  if (volume.copied === 'used') return `${formatBytes(volume.usedBytes)} in use${withoutInWords(volume)}`;
  return `whole: ${volume.wholeReason ?? ''}`;
}

function withoutInWords({ leftOut = [] }: Pick<Volume, 'leftOut'>): string {
  const parts = leftOut.map(({ name, bytes }) => `${name} (${formatBytes(bytes)})`);
  return parts.length === 0 ? '' : `, without ${parts.join(', ')}`;
}

const strategies = { 'in-place': 'the image is changed in place', sequential: 'a new image is written' } as const;
const sharing = 'a copy of the image that shares its blocks is changed';
const replacements = {
  keep: 'older versions stay',
  beside: 'the older version goes when the new one is complete',
  swap: 'the older version is replaced, and can be taken back until the new one is complete',
} as const;

function describeTarget(plan: BackupPlan, terminal: Terminal): string {
  const { target, strategy, replacement } = plan;
  const { capabilities, traits } = target;
  const free = target.free === undefined ? 'free space is not known' : `${formatBytes(target.free)} free`;
  const flags = [
    `shadow copies: ${capabilities.shadowCopies}`,
    `single version: ${capabilities.singleVersion ? 'yes' : 'no'}`,
    `dynamic disk: ${capabilities.dynamicDisk}`,
    `random writes: ${capabilities.randomWrite ? 'yes' : 'no'}`,
    `written once: ${capabilities.writeOnce ? 'yes' : 'no'}`,
    `removable: ${capabilities.removable}`,
  ];
  const lines = [
    `${paint(terminal, 'bold', 'to')}  ${printable(traits.location)}  (${free}, ${counted(target.versions, 'version')})`,
    `  ${flags.join('; ')}`,
  ];
  if (strategy.kind === 'impossible') {
    lines.push(`  ${paint(terminal, 'red', 'impossible:')} ${printable(strategy.why)}`);
    for (const remedy of strategy.remedies) lines.push(`    ${printable(remedy)}`);
  } else {
    const isCopied = strategy.kind === 'in-place' && capabilities.shadowCopies === 'native' && target.versions > 0;
    lines.push(
      `  ${isCopied ? sharing : strategies[strategy.kind]}; ${replacements[replacement]}; about ${formatBytes(plan.bytesNeeded)} are needed`,
    );
  }
  return lines.join('\n');
}
