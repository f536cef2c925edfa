import { isSysimageError } from '../contract/errors.js';
import type { Target } from '../contract/target.js';
import type { ComputerNames } from '../image/names.js';
import type { EngineServices } from './engine.js';

/** Bytes: a lease, a mark and a record fit many times, whatever a file system makes of them. */
export const ballastSize = 16 * 1024 * 1024;
/** Where there is less than this in all, nobody can spare the ballast. Bytes. */
const smallestTarget = 4 * 1024 * 1024 * 1024;
const chunkSize = 1024 * 1024;

/**
 * Puts an object that is there for nothing but to be removed when a target is full, unless it is there. Only where it leaves the `needed` bytes
 * of a backup free, on a target that tells how much room there is. That it could not be put ends nothing.
 */
export async function keepBallast(
  target: Target,
  names: ComputerNames,
  needed: number,
  { random, log }: Pick<EngineServices, 'random' | 'log'>,
): Promise<void> {
  if (target.traits.writeOnce) return;
  try {
    const { total = 0, free = 0 } = (await target.facets.capacity?.read()) ?? {};
    if (total < smallestTarget || free < needed + ballastSize) return;
    if ((await target.stat(names.ballast))?.size === ballastSize) return;
    await target.put(names.ballast, ballastSize, () => noise(random.bytes(chunkSize)));
  } catch (error) {
    if (!isSysimageError(error)) throw error;
    log.write('ballast-not-put', { error: error.message });
  }
}

/** Does what must succeed for room to be made, or for a run to end well. When there is no room for it, the ballast goes and it is done once more. */
export async function withBallast<T>(target: Target, names: ComputerNames, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSysimageError(error, 'no-space') || !(await dropBallast(target, names))) throw error;
    return await work();
  }
}

/** What could be compressed, or is there already, would give back less than it has. So every chunk differs, at little cost. */
async function* noise(seed: Uint8Array): AsyncGenerator<Uint8Array> {
  const chunk = seed.slice();
  const words = new Uint32Array(chunk.buffer);
  for (let at = 0; at < ballastSize; at += chunk.length) {
    yield Promise.resolve(chunk);
    for (let i = 0; i < words.length; i += 1) words[i] = (words[i] ?? 0) + 1;
  }
}

async function dropBallast(target: Target, { ballast }: ComputerNames): Promise<boolean> {
  try {
    if ((await target.stat(ballast)) === undefined) return false;
    await target.remove(ballast);
    return true;
  } catch (error) {
    // What there was no room for is what its user must hear of.
    if (isSysimageError(error)) return false;
    throw error;
  }
}
