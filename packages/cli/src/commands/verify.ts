import {
  SysimageError,
  type Catalog,
  type Share,
  type Target,
  type VerifyPoint,
  type VerifyResult,
} from '@sysimage/core';
import { listenerOf, withTarget, type CommandContext, type CommonOptions } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { counted, formatBytes } from '../output/format.js';
import type { Listener } from '../output/listener.js';
import { paint } from '../output/terminal.js';
import { stateFolder } from '../state/state-folder.js';
import { VerifyMemory, type Unfinished } from '../state/verify-memory.js';
import { subsetInWords, type Subset } from '../subset.js';

export interface VerifyOptions extends CommonOptions {
  readonly from: string;
  readonly computer?: string;
  /** Only so much of what versions hold. */
  readonly subset?: Subset;
  /** For a subset by chance: the same one again. */
  readonly seed?: number;
  /** Go on with the one that was stopped. */
  readonly resume: boolean;
}

/** Milliseconds between two moments at which it is kept how far a verification has come. */
const keepEvery = 5000;

/** `sysimage verify [VERSION]`: reads back and compares. The exit code tells whether anything is damaged. Reads only. */
export async function verifyCommand(
  context: CommandContext,
  wanted: string | undefined,
  options: VerifyOptions,
): Promise<number> {
  const { terminal, engine } = context;
  const listener = listenerOf(context);
  const { result, share } = await withTarget(context, options.from, 'read', async (target) => {
    const catalog = await engine.computer(target, options.computer);
    return verifyAndRemember(context, { target, catalog, wanted, options, listener });
  });
  const { damages, versions, bytes } = result;
  const lost = versions.filter(({ whole }) => !whole);
  const exitCode = damages.length === 0 ? exitCodes.done : exitCodes.damaged;
  const found = damages.length === 0 ? paint(terminal, 'green', 'no damage') : counted(damages.length, 'damaged place');
  const part = share === undefined ? '' : ` (${subsetInWords(share)})`;
  listener.say(`Read ${formatBytes(bytes)} of ${counted(versions.length, 'version')}${part}: ${found}.\n`);
  for (const { id } of lost) listener.warn(`version ${id} cannot be restored whole`);
  if (damages.length > 0) {
    listener.warn(
      'what is damaged in an image is mended by the next backup with --check-images, as far as the disk still holds it',
    );
  }
  const status = damages.length === 0 ? 'done' : 'damaged';
  const { resumed } = result;
  listener.result({ status, exitCode, bytes, versions, damages, resumed, ...(share === undefined ? {} : { share }) });
  return exitCode;
}

interface Work {
  readonly target: Target;
  readonly catalog: Catalog;
  readonly wanted: string | undefined;
  readonly options: VerifyOptions;
  readonly listener: Listener;
}

async function verifyAndRemember(
  context: CommandContext,
  { target, catalog, wanted, options, listener }: Work,
): Promise<{ readonly result: VerifyResult; readonly share: Share | undefined }> {
  const { engine, clock, hasher } = context;
  const version = wanted === undefined ? undefined : engine.version(catalog, wanted);
  const memory = await VerifyMemory.open(stateFolder(process.env), target, catalog.folder, hasher);
  const before = options.resume ? fitting(memory.unfinished, version?.id, options) : undefined;
  const share = before === undefined ? shareOf(context, options) : before.share;
  const about = {
    ...(version === undefined ? {} : { version: version.id }),
    ...(share === undefined ? {} : { share }),
  };
  // What is remembered is of use, and not what the command is for.
  const remember = async (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => listener.warn(`what was read is not remembered: ${String(error)}`));
  let point: VerifyPoint | undefined;
  let keptAt = clock.now().getTime();
  let keeping = Promise.resolve();
  const onPoint = (now: VerifyPoint): void => {
    point = now;
    if (clock.now().getTime() - keptAt < keepEvery) return;
    keptAt = clock.now().getTime();
    const kept = { ...about, point: copyOf(now) };
    keeping = keeping.then(() => remember(memory.keep(kept)));
  };
  const request = {
    target,
    catalog,
    signal: context.signal,
    onPoint,
    ...(version === undefined ? {} : { version }),
    ...(share === undefined ? {} : { share }),
    ...(before === undefined ? {} : { from: before.point }),
  };
  try {
    const result = await engine.verify(request, listener.take);
    await keeping;
    if (options.resume && !result.resumed) listener.say('Nothing was there to go on with: everything was read.\n');
    const [whole, damaged] = [true, false].map((is) =>
      result.versions.filter((each) => each.whole === is).map(({ id }) => id),
    );
    const pass = { ...about, at: clock.now().toISOString(), of: result.of, whole: whole ?? [], damaged: damaged ?? [] };
    await remember(
      memory.add(
        pass,
        catalog.versions.map(({ id }) => id),
      ),
    );
    return { result, share };
  } catch (error) {
    await keeping;
    if (point !== undefined) {
      await remember(memory.keep({ ...about, point: copyOf(point) }));
      listener.warn('"sysimage verify --resume" with the same words goes on where this one stopped');
    }
    throw error;
  }
}

/** Lists in a point go on growing. */
function copyOf(point: VerifyPoint): Unfinished['point'] {
  return {
    ...point,
    damages: point.damages.map((each) => ({ ...each, versions: [...each.versions] })),
    found: [...point.found],
  };
}

/** What was stopped, if it was to read the same. A subset by chance is the one that was begun. */
function fitting(
  unfinished: Unfinished | undefined,
  version: string | undefined,
  { subset, seed }: VerifyOptions,
): Unfinished | undefined {
  if (unfinished === undefined || unfinished.version !== version) return undefined;
  const { share } = unfinished;
  const { seed: known, ...rest } = { seed: undefined, ...share };
  const isSame = JSON.stringify(share === undefined ? undefined : rest) === JSON.stringify(subset);
  return isSame && (seed === undefined || seed === known) ? unfinished : undefined;
}

function shareOf({ random }: CommandContext, { subset, seed }: VerifyOptions): Share | undefined {
  if (subset?.kind === 'random')
    return { ...subset, seed: seed ?? random.bytes(3).reduce((sum, byte) => sum * 256 + byte, 0) };
  if (seed === undefined) return subset;
  throw new SysimageError('invalid', '--seed is for a subset in percent', { operation: 'verify' });
}
