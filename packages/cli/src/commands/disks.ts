import { inspectDisk, SysimageError, type DiskLayout } from '@sysimage/core';
import type { CommandContext, CommonOptions } from '../command-context.js';
import { readMachine } from '../machine/read-machine.js';
import { describeDisk, type KnownDisk } from '../output/describe-disk.js';
import { errorFacts } from '../output/describe-error.js';
import { printable } from '../output/format.js';
import { paint, type Terminal } from '../output/terminal.js';

export interface DisksOptions extends CommonOptions {
  readonly disk: readonly string[];
  /** A recorded machine instead of this one. */
  readonly machine?: string;
}

interface SeenDisk {
  readonly disk: KnownDisk;
  readonly layout?: DiskLayout;
  readonly error?: unknown;
}

/** `sysimage disks`: what there is to back up. Reads only. */
export async function disksCommand(context: CommandContext, options: DisksOptions): Promise<void> {
  const { terminal } = context;
  const seen = options.machine === undefined ? await lookAround(context, options.disk) : await recorded(options);
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
  for (const disk of seen) terminal.out(`${inWords(disk, terminal)}\n`);
}

async function lookAround(context: CommandContext, paths: readonly string[]): Promise<readonly SeenDisk[]> {
  const all: readonly KnownDisk[] = await context.disks.list();
  const seen: SeenDisk[] = [];
  if (paths.length === 0) for (const disk of all) seen.push(await look(context, disk));
  for (const path of paths) {
    const { error, ...found } = await look(context, all.find((disk) => disk.path === path) ?? { path, size: 0 });
    // A disk that was asked for must be there.
    if (error !== undefined) throw error;
    seen.push(found);
  }
  return seen;
}

async function look({ disks }: CommandContext, known: KnownDisk): Promise<SeenDisk> {
  try {
    const source = await disks.openSource(known.path);
    try {
      const { layout } = await inspectDisk(source);
      const { size, model } = source;
      return { disk: { ...known, size, ...(model === undefined ? {} : { model: known.model ?? model }) }, layout };
    } finally {
      await source.close();
    }
  } catch (error) {
    return { disk: known, error };
  }
}

/** What was on the disks nobody recorded. */
async function recorded({ machine = '', disk: paths }: DisksOptions): Promise<readonly SeenDisk[]> {
  const all = await (await readMachine(machine)).list();
  const missing = paths.find((path) => all.every((disk) => disk.path !== path));
  if (missing !== undefined)
    throw new SysimageError('not-found', `${machine} shows no disk ${missing}`, { operation: 'disks' });
  return all.filter(({ path }) => paths.length === 0 || paths.includes(path)).map((disk) => ({ disk }));
}

function inWords({ disk, layout, error }: SeenDisk, terminal: Terminal): string {
  const words = describeDisk(disk, layout, terminal);
  if (error === undefined) return `${words}\n`;
  return `${words}\n  ${paint(terminal, 'yellow', 'not read:')} ${printable(String(errorFacts(error)['message']))}\n`;
}
