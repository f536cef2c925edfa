import { SysimageError, type Catalog, type DeleteRequest, type DeletionPlan } from '@sysimage/core';
import { ask, listenerOf, withTarget, type CommandContext } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { counted, formatMoment, formatTable } from '../output/format.js';
import { paint, type Terminal } from '../output/terminal.js';
import { describeRemoval, removalFacts } from './removal.js';
import { stealing, type StealOptions } from './steal-lease.js';

export interface DeleteOptions extends StealOptions {
  readonly from: string;
  readonly computer?: string;
  readonly plan: boolean;
  readonly rollBack: boolean;
  /** Milliseconds. */
  readonly lockWait: number;
}

/** `sysimage delete VERSION…`: gives versions up for good. */
export async function deleteCommand(
  context: CommandContext,
  wanted: readonly string[],
  options: DeleteOptions,
): Promise<number> {
  const { engine, terminal } = context;
  const listener = listenerOf(context);
  return withTarget(context, options.from, options.plan ? 'read' : 'write', async (target) => {
    const catalog = await engine.computer(target, options.computer);
    const ids = wanted.map((text) => engine.versionId(catalog, text));
    const twice = ids.find((id, i) => ids.indexOf(id) !== i);
    if (twice !== undefined) throw new SysimageError('invalid', `version ${twice} is named twice`);
    const request: DeleteRequest = {
      target,
      catalog,
      versions: ids,
      rollBack: options.rollBack,
      lockWait: options.lockWait,
      ...stealing(context, options),
      signal: context.signal,
    };
    if (options.plan) {
      const plan = await engine.planDeletion(request);
      listener.say(describe(plan, catalog, terminal));
      listener.result({ status: 'done', exitCode: exitCodes.done, deleted: [], ...facts(plan) });
      return exitCodes.done;
    }
    const left = catalog.versions.filter(({ id }) => !ids.includes(id)).length;
    const question = `${ids.length === 1 ? `Version ${ids[0]} goes` : `${counted(ids.length, 'version')} go`} for good; ${left} will be left.`;
    if (!(await ask(context, options, question))) {
      throw new SysimageError('cancelled', 'nothing was deleted', { operation: 'delete' });
    }
    await engine.deleteVersions(request, listener.take);
    listener.say(`Deleted ${ids.join(', ')}.\n`);
    listener.result({ status: 'done', exitCode: exitCodes.done, deleted: ids });
    return exitCodes.done;
  });
}

function describe(plan: DeletionPlan, catalog: Catalog, terminal: Terminal): string {
  const table = formatTable(
    plan.remove.map((id) => {
      const createdAt = catalog.versions.find((version) => version.id === id)?.createdAt;
      return [
        `  ${paint(terminal, 'red', 'remove')}`,
        id,
        createdAt === undefined ? 'lost' : formatMoment(createdAt),
        plan.rolledBack.includes(id) ? 'its images are taken back to the version before' : '',
      ];
    }),
  );
  return [table, ...describeRemoval(plan.remove.length, plan), ''].join('\n');
}

function facts(plan: DeletionPlan): Readonly<Record<string, unknown>> {
  return { remove: plan.remove, rolledBack: plan.rolledBack, ...removalFacts(plan) };
}
