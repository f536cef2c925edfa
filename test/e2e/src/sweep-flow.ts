import { describeFault, faultKinds, parseFault, type Fault, type FaultKind } from '@sysimage/faults';
import { seeded, type Keep } from '@sysimage/target-memory';
import fc from 'fast-check';
import { flowNamed, flows } from './flows.js';
import { World, type WorldOptions } from './world.js';

export interface SweepOptions extends WorldOptions {
  /** What the medium keeps of writes that were never flushed, call after call in turn; a number begins random choices. */
  readonly keeps: readonly Keep[];
  /** At most so many calls of the flow for each kind, chosen by the seed; all of them, unless told. */
  readonly most?: number;
}

/** One try of one flow, as `npm run soak` repeats it. */
export interface Trial {
  readonly flow: string;
  readonly faults: readonly Fault[];
  readonly keep: Keep;
  readonly seed: number;
}

/** The try that a failure named. Throws a `RangeError` when it makes no sense. */
export function parseTrial(given: {
  readonly flow: string;
  readonly fault: readonly string[];
  readonly keep: string;
  readonly seed: string;
}): Trial {
  const keep = given.keep === 'none' || given.keep === 'all' ? given.keep : Number(given.keep);
  const seed = Number(given.seed);
  if (Number.isNaN(keep) || Number.isNaN(seed)) throw new RangeError('--keep and --seed are numbers');
  return { flow: given.flow, faults: given.fault.map(parseFault), keep, seed };
}

/**
 * Tries a flow with a fault of each kind at every call, and a power cut after it. Rejects at the first that does harm, and says how to
 * repeat it; otherwise it tells how many were tried.
 */
export async function sweepFlow(
  name: string,
  kindsOfFaults: readonly FaultKind[],
  options: SweepOptions,
): Promise<number> {
  const world = await World.prepare(flowNamed(name), options);
  let tried = 0;
  for (const kind of kindsOfFaults) tried += await sweepKind(world, kind, options);
  return tried;
}

async function sweepKind(world: World, kind: FaultKind, options: SweepOptions): Promise<number> {
  const points = shuffled(await world.points(kind), options.seed ?? 0).slice(0, options.most);
  for (const [i, at] of points.entries()) {
    const keep = options.keeps[i % options.keeps.length] ?? 'none';
    const chosen = typeof keep === 'number' ? keep + i : keep;
    await tryIn(world, { flow: world.flow.name, faults: [{ kind, at }], keep: chosen, seed: options.seed ?? 0 });
  }
  return points.length;
}

/** Sweeps every flow with every kind of fault, without gaps as long as `runs` allows: that many calls of each. */
export async function sweepFlows({ seed, runs }: { readonly seed: number; readonly runs: number }): Promise<void> {
  for (const { name } of flows)
    await sweepFlow(name, faultKinds, { keeps: ['none', seed, seed + 1], seed, most: runs });
}

/** Repeats one try. Rejects when it does harm. */
export async function repeat(trial: Trial): Promise<void> {
  await tryIn(await World.prepare(flowNamed(trial.flow), trial), trial);
}

const onePlace = fc.double({ min: 0, max: 0.999, noNaN: true });
const kinds: readonly FaultKind[] = ['fail', 'lose-answer', 'delay', 'tear', 'reject-flush', 'lose-handle', 'fill-up'];
const misfortunes = fc.record({
  flow: fc.constantFrom(...flows.map(({ name }) => name)),
  seed: fc.nat(1000),
  /** Any number of faults, and mostly the end. */
  faults: fc.array(fc.tuple(fc.constantFrom(...kinds), onePlace), { maxLength: 2 }),
  end: fc.option(onePlace, { freq: 4, nil: undefined }),
  keep: fc.oneof(fc.constant<Keep>('none'), fc.constant<Keep>('all'), fc.nat(100_000)),
});

/** Tries flows with several random faults at once. Rejects with what fast-check found. */
export async function fuzzFlows({ seed, runs }: { readonly seed: number; readonly runs: number }): Promise<void> {
  await fc.assert(
    fc.asyncProperty(misfortunes, async ({ flow, seed: own, faults, end, keep }) => {
      const world = await World.prepare(flowNamed(flow), { seed: own });
      const all = [...faults, ...(end === undefined ? [] : [['disappear', end] as const])];
      const placed: Fault[] = [];
      for (const [kind, part] of all) {
        const points = await world.points(kind);
        placed.push({ kind, at: points[Math.floor(points.length * part)] ?? 0 });
      }
      await tryIn(world, { flow, faults: placed, keep, seed: own });
    }),
    { seed, numRuns: runs, endOnFailure: true },
  );
}

async function tryIn(world: World, { flow, faults, keep, seed }: Trial): Promise<void> {
  await world.try(faults, keep).catch((error: unknown) => {
    const how = faults.map((fault) => ` --fault ${describeFault(fault)}`).join('');
    throw new Error(`${String(error)}; alone: npm run soak -- --flow '${flow}'${how} --keep ${keep} --seed ${seed}`, {
      cause: error,
    });
  });
}

/** Far from each other, so that what is wrong shows early. */
function shuffled(points: readonly number[], seed: number): readonly number[] {
  const random = seeded(seed);
  return points
    .map((point) => ({ point, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ point }) => point);
}
