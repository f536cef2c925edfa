import { listenerOf, withTarget, type CommandContext, type CommonOptions } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { counted, formatBytes } from '../output/format.js';
import { paint } from '../output/terminal.js';

export interface VerifyOptions extends CommonOptions {
  readonly from: string;
  readonly computer?: string;
}

/** `sysimage verify [VERSION]`: reads back and compares. The exit code tells whether anything is damaged. Reads only. */
export async function verifyCommand(
  context: CommandContext,
  wanted: string | undefined,
  options: VerifyOptions,
): Promise<number> {
  const { terminal, engine } = context;
  const listener = listenerOf(context, options);
  const { damages, versions, bytes } = await withTarget(context, options.from, 'read', async (target) => {
    const catalog = await engine.computer(target, options.computer);
    const version = wanted === undefined ? undefined : engine.version(catalog, wanted);
    const request = { target, catalog, signal: context.signal, ...(version === undefined ? {} : { version }) };
    return engine.verify(request, listener.take);
  });
  const lost = versions.filter(({ whole }) => !whole);
  const exitCode = damages.length === 0 ? exitCodes.done : exitCodes.damaged;
  const found = damages.length === 0 ? paint(terminal, 'green', 'no damage') : counted(damages.length, 'damaged place');
  listener.say(`Read ${formatBytes(bytes)} of ${counted(versions.length, 'version')}: ${found}.\n`);
  for (const { id } of lost) listener.warn(`version ${id} cannot be restored whole`);
  if (damages.length > 0) {
    listener.warn(
      'what is damaged in an image is mended by the next backup with --check-images, as far as the disk still holds it',
    );
  }
  listener.result({ status: damages.length === 0 ? 'done' : 'damaged', exitCode, bytes, versions, damages });
  return exitCode;
}
