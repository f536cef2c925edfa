import {
  retentionPeriods,
  SysimageError,
  type PrunePlan,
  type PruneRequest,
  type RetentionRules,
} from '@sysimage/core';
import { ask, listenerOf, withTarget, type CommandContext } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { counted, formatMoment, formatTable } from '../output/format.js';
import { paint, type Terminal } from '../output/terminal.js';
import { describeRemoval, removalFacts } from './removal.js';
import { stealing, type StealOptions } from './steal-lease.js';

export interface PruneOptions extends StealOptions {
  readonly from: string;
  readonly computer?: string;
  readonly plan: boolean;
  /** Milliseconds. */
  readonly lockWait: number;
  readonly keepLast?: number;
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  readonly keepYearly?: number;
}

/** `sysimage prune --keep-…`: gives up the versions that no rule wants. */
export async function pruneCommand(context: CommandContext, options: PruneOptions): Promise<number> {
  const { engine, terminal } = context;
  const rules = rulesOf(options);
  const listener = listenerOf(context);
  return withTarget(context, options.from, options.plan ? 'read' : 'write', async (target) => {
    const catalog = await engine.computer(target, options.computer);
    const { signal } = context;
    const request: PruneRequest = {
      target,
      catalog,
      rules,
      lockWait: options.lockWait,
      ...stealing(context, options),
      signal,
    };
    const plan = await engine.planPrune(request);
    listener.say(describe(plan, terminal));
    const goes = plan.remove.length > 0 && !options.plan;
    if (goes && !(await ask(context, options, `${counted(plan.remove.length, 'version')} will be gone for good.`)))
      throw new SysimageError('cancelled', 'nothing was deleted', { operation: 'prune' });
    if (goes) await engine.prune(request, plan, listener.take);
    if (goes) listener.say(`Deleted ${counted(plan.remove.length, 'version')}.\n`);
    listener.result({ status: 'done', exitCode: exitCodes.done, deleted: goes, ...facts(plan) });
    return exitCodes.done;
  });
}

function rulesOf(options: PruneOptions): RetentionRules {
  const { keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly } = options;
  const rules = { last: keepLast, daily: keepDaily, weekly: keepWeekly, monthly: keepMonthly, yearly: keepYearly };
  const given = Object.entries(rules).flatMap(([rule, count]) => (count === undefined ? [] : [[rule, count]]));
  if (given.some(([, count]) => Number(count) > 0)) return Object.fromEntries(given);
  throw new SysimageError('invalid', 'no rule keeps anything', {
    operation: 'prune',
    remedy: `Give at least one of ${['last', ...retentionPeriods].map((rule) => `--keep-${rule}`).join(', ')}. To give up single versions, use "sysimage delete".`,
  });
}

function describe(plan: PrunePlan, terminal: Terminal): string {
  const rows = [
    ...plan.keep.map(({ version, reasons }) => ({
      version,
      word: 'keep',
      why: reasons.join(', '),
      style: 'green' as const,
    })),
    ...plan.remove.map((version) => ({ version, word: 'remove', why: 'no rule wants it', style: 'red' as const })),
  ].toSorted((a, b) => (a.version.id < b.version.id ? -1 : 1));
  const table = formatTable(
    rows.map(({ version, word, why, style }) => [
      `  ${paint(terminal, style, word)}`,
      version.id,
      formatMoment(version.createdAt),
      why,
    ]),
  );
  const lines = [table];
  if (plan.remove.length === 0) lines.push('Nothing is to go.');
  else lines.push(...describeRemoval(plan.remove.length, plan));
  return `${lines.join('\n')}\n`;
}

function facts(plan: PrunePlan): Readonly<Record<string, unknown>> {
  return {
    keep: plan.keep.map(({ version, reasons }) => ({ id: version.id, reasons })),
    remove: plan.remove.map(({ id }) => id),
    ...removalFacts(plan),
  };
}
