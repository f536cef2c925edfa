import type { CompactionPlan, CompactRequest, Merge } from '@sysimage/core';
import { listenerOf, withTarget, type CommandContext } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { counted, formatBytes, printable } from '../output/format.js';
import { stealing, type StealOptions } from './steal-lease.js';

export interface CompactOptions extends StealOptions {
  readonly from: string;
  readonly computer?: string;
  readonly plan: boolean;
  /** Milliseconds. */
  readonly lockWait: number;
}

/** `sysimage compact`: merges layers between which no version is left. */
export async function compactCommand(context: CommandContext, options: CompactOptions): Promise<number> {
  const { engine } = context;
  const listener = listenerOf(context);
  return withTarget(context, options.from, options.plan ? 'read' : 'write', async (target) => {
    const catalog = await engine.computer(target, options.computer);
    const { signal } = context;
    const request: CompactRequest = {
      target,
      catalog,
      lockWait: options.lockWait,
      ...stealing(context, options),
      signal,
    };
    const what = options.plan ? await engine.planCompaction(request) : await engine.compact(request, listener.take);
    for (const { reason } of what.damaged) listener.warn(`layers are not merged: ${printable(reason)}`);
    listener.say(describe(what, options.plan));
    // What is damaged is not mended by this, and nobody should take it for done.
    const exitCode = what.damaged.length > 0 ? exitCodes.damaged : exitCodes.done;
    listener.result({
      status: 'done',
      exitCode,
      compacted: !options.plan,
      ...compactionFacts(what.merges, what.freed),
    });
    return exitCode;
  });
}

/** What layers become one, in words. */
export function describeMerges(merges: readonly Merge[]): string {
  return merges
    .map(({ layers, neededBy, size, freed }) => {
      const what = `${counted(layers.length, 'layer')} that ${neededBy} is read through`;
      return `${what} become one of ${formatBytes(size)}, which frees ${formatBytes(freed)}.\n`;
    })
    .join('');
}

/** The same for programs. */
export function compactionFacts(merges: readonly Merge[], freed: number): Readonly<Record<string, unknown>> {
  return { merges, freedByMerges: freed };
}

function describe({ merges, freed }: CompactionPlan, isPlan: boolean): string {
  if (merges.length === 0) return 'There is nothing to merge that would free anything.\n';
  return isPlan ? describeMerges(merges) : `Merged layers, which freed ${formatBytes(freed)}.\n`;
}
