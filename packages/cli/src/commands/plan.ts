import type { BackupPlan } from '@sysimage/core';
import { readOnly } from '@sysimage/layers';
import { listenerOf, withTarget, type CommandContext } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { describePlan } from '../output/describe-plan.js';
import { describeFinding } from '../output/listener.js';
import { backupRequest, type BackupOptions } from './backup.js';

/** `sysimage plan`: what a backup would do, and what the checks say of it. Reads only. */
export async function planCommand(context: CommandContext, options: BackupOptions): Promise<number> {
  const { terminal, engine } = context;
  const listener = listenerOf(context);
  // As a backup opens it: what keeps one from writing there is told, and a place that is still to be made is none of that.
  const { plan, findings } = await withTarget(context, options.to, 'write', async (target) =>
    engine.plan(await backupRequest(context, options, readOnly(target))),
  );
  const isBlocked = findings.some(({ severity, outcome }) => severity === 'block' && outcome === 'violation');
  const exitCode = isBlocked
    ? exitCodes.blocked
    : plan.strategy.kind === 'impossible'
      ? exitCodes.full
      : exitCodes.done;
  if (options.json) listener.result({ status: statusOf(plan, isBlocked), exitCode, plan, findings });
  else {
    terminal.out(describePlan(plan, terminal));
    for (const finding of findings) terminal.out(describeFinding(finding, terminal));
  }
  return exitCode;
}

function statusOf({ strategy }: BackupPlan, isBlocked: boolean): string {
  if (isBlocked) return 'blocked';
  return strategy.kind === 'impossible' ? 'impossible' : 'possible';
}
