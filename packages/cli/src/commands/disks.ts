import { inspectDisk, type DiskLayout, type DiskSummary } from '@sysimage/core';
import type { CommandContext, CommonOptions } from '../command-context.js';
import { errorFacts } from '../output/describe-error.js';
import { formatBytes, formatTable, printable } from '../output/format.js';
import { paint, type Terminal } from '../output/terminal.js';

interface SeenDisk {
  readonly disk: Pick<DiskSummary, 'path' | 'size' | 'model'>;
  readonly layout: DiskLayout | undefined;
  readonly error: unknown;
}

/** `sysimage disks`: what there is to back up. Reads only. */
export async function disksCommand(
  context: CommandContext,
  options: CommonOptions & { readonly disk: readonly string[] },
): Promise<void> {
  const { terminal, disks } = context;
  const seen: SeenDisk[] = [];
  if (options.disk.length > 0) {
    // A disk that was asked for must be there.
    for (const path of options.disk) seen.push(await look(context, path, true));
  } else {
    for (const disk of await disks.list()) seen.push({ ...(await look(context, disk.path, false)), disk });
  }
  if (options.json) {
    const facts = seen.map(({ disk, layout, error }) => ({
      ...disk,
      ...(layout === undefined ? {} : { layout }),
      ...(error === undefined ? {} : { error: errorFacts(error) }),
    }));
    terminal.out(`${JSON.stringify({ disks: facts })}\n`);
    return;
  }
  if (seen.length === 0) terminal.err('No disks were found. Image files can be named with --disk.\n');
  for (const disk of seen) terminal.out(`${describeDisk(disk, terminal)}\n`);
}

async function look({ disks }: CommandContext, path: string, required: boolean): Promise<SeenDisk> {
  try {
    const source = await disks.openSource(path);
    try {
      const { layout } = await inspectDisk(source);
      return {
        disk: { path, size: source.size, ...(source.model === undefined ? {} : { model: source.model }) },
        layout,
        error: undefined,
      };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (required) throw error;
    return { disk: { path, size: 0 }, layout: undefined, error };
  }
}

function describeDisk({ disk, layout, error }: SeenDisk, terminal: Terminal): string {
  const model = disk.model === undefined ? '' : `  ${printable(disk.model)}`;
  const head = `${paint(terminal, 'bold', printable(disk.path))}  ${formatBytes(disk.size)}${model}`;
  if (layout === undefined) return `${head}\n  ${messageOf(error)}\n`;
  const table = layout.scheme === 'none' ? 'no partition table' : `${layout.scheme.toUpperCase()} ${layout.id ?? ''}`;
  const rows = layout.volumes.map((volume) => {
    const partition = layout.partitions.find(({ index }) => index === volume.partition);
    const state = volume.consistency === 'clean' ? 'clean' : `${volume.consistency}: ${volume.consistencyReason ?? ''}`;
    return [
      volume.partition === 0 ? '  whole disk' : `  ${volume.partition}`,
      formatBytes(volume.size),
      volume.fileSystem ?? 'unknown',
      printable(volume.label ?? partition?.name ?? ''),
      volume.copied === 'used' ? `${formatBytes(volume.usedBytes)} used` : 'copied whole',
      printable(state),
    ];
  });
  const lines = [head, `  ${table}`];
  if (rows.length > 0)
    lines.push(formatTable([['  #', 'size', 'file system', 'label', 'in the image', 'state'], ...rows]));
  for (const problem of layout.problems) lines.push(`  ${paint(terminal, 'yellow', 'warning:')} ${printable(problem)}`);
  return `${lines.join('\n')}\n`;
}

function messageOf(error: unknown): string {
  const { message } = errorFacts(error);
  return printable(String(message));
}
