import { setMaxListeners } from 'node:events';
import { SysimageError, writeProbe, type AnyTargetPlugin, type Target } from '@sysimage/core';
import { openScratch, runKit, type KitReport, type KitSetup } from '@sysimage/target-kit';
import { facetFacts, probeRecord } from '../check/check-facts.js';
import { beginRun, removeLeftovers, type CheckRun } from '../check/check-run.js';
import { describeCheck } from '../check/describe-check.js';
import { ask, kindOf, listenerOf, openTarget, type CommandContext, type CommonOptions } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { counted, printable } from '../output/format.js';
import type { Listener } from '../output/listener.js';

/** What cannot be taken away again is kept small. */
const manyObjects = { writeOnce: 20, otherwise: 1100 };

/** `sysimage target check TARGET`: tries on the user's own storage whether the target does what it promises. */
export async function targetCheckCommand(
  context: CommandContext,
  reference: string,
  options: CommonOptions,
): Promise<number> {
  const listener = listenerOf(context);
  const isWatched = context.terminal.interactive && !options.quiet && !options.json;
  // Every call that goes on listens to it.
  setMaxListeners(0, context.signal);
  const target = await openTarget(context, reference, 'write', 'declared');
  const plugin = kindOf(context, reference);
  try {
    if (plugin === undefined) throw new SysimageError('internal', `nobody knows the kind of ${reference}`);
    await warn(context, options, target, listener);
    const removed = await removeLeftovers(target, { machine: context.machine, now: context.clock.now() });
    if (removed > 0) listener.say(`removed what ${counted(removed, 'earlier check')} left\n`);
    const run = await beginRun(target, { ...context, now: context.clock.now() });
    let left: readonly string[] = [];
    let report: KitReport;
    try {
      report = await runKit(setupOf(context, reference, plugin, target, run), {
        signal: context.signal,
        onCase: (name, index, count) => {
          if (isWatched) context.terminal.err(`\r\u001b[2K${index + 1} of ${count}: ${name}`);
        },
      });
    } finally {
      if (isWatched) context.terminal.err('\r\u001b[2K');
      left = await run.end();
      if (left.length > 0) {
        listener.warn(`what the check wrote could not be removed: ${left.map(printable).join(', ')}`);
      }
    }
    if (context.signal.aborted) throw new SysimageError('cancelled', 'the check was stopped', { operation: 'check' });
    // A place that went away, filled up or refused its user says nothing of how well the target is made.
    if (report.hindrance !== undefined) throw report.hindrance;
    return await conclude({ context, options, listener, target, plugin, report, left });
  } finally {
    await target.close();
  }
}

/** Nobody is surprised by what stays, or by a bill. */
async function warn(
  context: CommandContext,
  options: CommonOptions,
  { traits }: Target,
  listener: Listener,
): Promise<void> {
  if (traits.writeOnce) {
    const question = `${printable(traits.location)} is written once: about a hundred small objects of the check will stay there.`;
    if (await ask(context, options, question)) return;
    throw new SysimageError('cancelled', 'nothing was checked', { operation: 'check' });
  }
  if (traits.medium === 'object-store') {
    listener.say('A check makes some six thousand requests and moves some 100 MiB, which may be charged for.\n');
  }
}

function setupOf(
  context: CommandContext,
  reference: string,
  plugin: AnyTargetPlugin,
  target: Target,
  run: CheckRun,
): KitSetup {
  const { writeOnce } = target.traits;
  let places = 0;
  return {
    facets: plugin.facets,
    ...(plugin.maybe === undefined ? {} : { maybe: plugin.maybe }),
    writeOnce,
    manyObjects: writeOnce ? manyObjects.writeOnce : manyObjects.otherwise,
    depth: 8 - run.place(0).split('/').length,
    print: () => undefined,
    open: async () => {
      const scratch = openScratch({ prefix: run.place((places += 1)), signal: context.signal });
      const reopen = async (): Promise<Target> =>
        scratch.below(await openTarget(context, reference, 'write', 'declared'));
      return { target: await reopen(), reopen, dispose: async () => void (await scratch.clear(target)) };
    },
  };
}

interface Conclusion {
  readonly context: CommandContext;
  readonly options: CommonOptions;
  readonly listener: Listener;
  readonly target: Target;
  readonly plugin: AnyTargetPlugin;
  readonly report: KitReport;
  readonly left: readonly string[];
}

async function conclude({ context, options, listener, target, plugin, report, left }: Conclusion): Promise<number> {
  const { terminal, tool, clock, hasher } = context;
  const { passed, failed, skipped } = report;
  const facts = facetFacts(plugin, target, report);
  const { identity, location } = target.traits;
  const about = { identity, kind: plugin.kind, checkedAt: clock.now().toISOString(), tool };
  const record = await writeProbe(target, probeRecord(facts, report, about), hasher);
  const exitCode = failed.length + left.length === 0 ? exitCodes.done : exitCodes.failed;
  listener.result({
    status: exitCode === exitCodes.done ? 'done' : 'failed',
    exitCode,
    target: { location, identity, kind: plugin.kind },
    facets: facts,
    passed,
    failed: failed.map(({ name, why }) => ({ case: name, why })),
    skipped: skipped.map(({ name, why }) => ({ case: name, why })),
    left,
    ...(record === undefined ? {} : { record }),
  });
  if (!options.json) terminal.out(describeCheck(terminal, target, facts, report));
  return exitCode;
}
