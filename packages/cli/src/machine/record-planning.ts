import type { PlanningFacts, TargetFacts } from '@sysimage/core';
import { readOnly } from '@sysimage/layers';
import { withTarget, type CommandContext } from '../command-context.js';
import { errorFacts } from '../output/describe-error.js';
import { printable } from '../output/format.js';
import { stateFolder } from '../state/state-folder.js';
import { lastVerified } from '../state/verify-ages.js';
import { VerifyMemory } from '../state/verify-memory.js';

/** What beside the inventory is written down. */
export interface PlanningOptions {
  /** Disks and image files that are looked into; none: all disks. */
  readonly disk: readonly string[];
  /** False: no disk is looked into. */
  readonly contents: boolean;
  /** Targets by their names or URLs. */
  readonly to: readonly string[];
  readonly computer?: string;
}

/** What of disks and targets goes into a plan. What cannot be read is left out, and said; `undefined` when nothing was asked for. */
export async function recordPlanning(
  context: CommandContext,
  { disk, contents, to, computer }: PlanningOptions,
): Promise<PlanningFacts | undefined> {
  if (!contents && to.length === 0) return undefined;
  const { disks, engine, terminal } = context;
  const leftOut = (what: string, error: unknown): void =>
    terminal.err(`not recorded: ${printable(`${what}: ${String(errorFacts(error)['message'])}`)}\n`);
  const paths = disk.length > 0 ? disk : (await disks.list()).map(({ path }) => path);
  const looked = contents ? await engine.recordDisks(paths, leftOut) : { disks: [] };
  const targets: Record<string, TargetFacts> = {};
  for (const reference of to) {
    try {
      targets[reference] = await targetOf(context, reference, computer ?? context.machine.hostName);
    } catch (error) {
      leftOut(`the target ${reference}`, error);
    }
  }
  return { format: 'sysimage-planning/1', ...looked, targets };
}

async function targetOf(context: CommandContext, reference: string, computer: string): Promise<TargetFacts> {
  const { engine, hasher, loaded } = context;
  const ofJobs = Object.values(loaded.config.jobs).filter((job) => job.to === reference);
  // As a backup opens it: nothing is made, and nothing is changed.
  return withTarget(context, reference, 'write', (target) =>
    engine.recordTarget({
      target: readOnly(target),
      computers: [computer, ...ofJobs.flatMap((job) => job.computer ?? [])],
      lastVerified: async (folder) =>
        lastVerified((await VerifyMemory.open(stateFolder(process.env), target, folder, hasher)).passes),
    }),
  );
}
