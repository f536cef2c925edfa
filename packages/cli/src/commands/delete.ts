import { SysimageError } from '@sysimage/core';
import { ask, listenerOf, withTarget, type CommandContext } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { counted } from '../output/format.js';
import { stealing, type StealOptions } from './steal-lease.js';

export interface DeleteOptions extends StealOptions {
  readonly from: string;
  readonly computer?: string;
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
  const { engine } = context;
  const listener = listenerOf(context);
  return withTarget(context, options.from, 'write', async (target) => {
    const catalog = await engine.computer(target, options.computer);
    const ids = wanted.map((text) => engine.versionId(catalog, text));
    const twice = ids.find((id, i) => ids.indexOf(id) !== i);
    if (twice !== undefined) throw new SysimageError('invalid', `version ${twice} is named twice`);
    const left = catalog.versions.filter(({ id }) => !ids.includes(id)).length;
    const question = `${ids.length === 1 ? `Version ${ids[0]} goes` : `${counted(ids.length, 'version')} go`} for good; ${left} will be left.`;
    if (!(await ask(context, options, question))) {
      throw new SysimageError('cancelled', 'nothing was deleted', { operation: 'delete' });
    }
    await engine.deleteVersions(
      {
        target,
        catalog,
        versions: ids,
        rollBack: options.rollBack,
        lockWait: options.lockWait,
        ...stealing(context, options),
        signal: context.signal,
      },
      listener.take,
    );
    listener.say(`Deleted ${ids.join(', ')}.\n`);
    listener.result({ status: 'done', exitCode: exitCodes.done, deleted: ids });
    return exitCodes.done;
  });
}
