// Walks over the command at random on every kind of target, each walk on an empty one, for its share of the time.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const stepsOfWalk = 40;
const places = [
  ['folders', 'folder'],
  [undefined, 'crowded'],
  ['copies', 'copies'],
  ['ntfsImage', 'image'],
  ['ntfsVolume', 'volume'],
  ['share', 'share'],
  ['share', 'share-keeping'],
  ['bucket', 'bucket'],
  ['discs', 'discs'],
];

/** Rows of name, inputs (steps), failures and seconds, one for each kind of target. Needs root, and what `npm test` installs. */
export async function soakWalks(minutes, seed, isWanted) {
  const wanted = places.filter(([, target]) => isWanted(`walk: ${target}`));
  const rows = [];
  for (const [start, target] of wanted)
    rows.push(await walkFor((minutes * 60_000) / wanted.length, { start, target, seed }));
  return rows;
}

async function walkFor(time, { start, target, seed }) {
  const begun = Date.now();
  const isOver = () => Date.now() - begun > time;
  const sums = { steps: 0, kills: 0, full: 0, restores: 0 };
  let failures = 0;
  for (let own = seed; !isOver() && failures < 3; own += 1) {
    const counts = await walkOnce({ start, target, seed: own, isOver });
    if (counts === undefined) failures += 1;
    for (const name of Object.keys(sums)) sums[name] += counts?.[name] ?? 0;
  }
  console.log(`walk: ${target}, from seed ${seed} on: ${JSON.stringify(sums)}`);
  return { name: `walk: ${target}`, inputs: sums.steps, failures, seconds: Math.round((Date.now() - begun) / 1000) };
}

/** `undefined` when it failed: then what it left stays where it is. */
async function walkOnce({ start, target, seed, isOver }) {
  const { crowdedPlace, startPlaces, walk } = await import('../e2e/dist/src/index.js');
  const { releaseBelow } = await import('../fixtures/dist/src/index.js');
  const folder = mkdtempSync(join(tmpdir(), 'sysimage-walk-'));
  const { config: facts, stop } = await startPlaces(folder, [start]);
  const crowded = target === 'crowded' ? await crowdedPlace(folder) : undefined;
  if (crowded !== undefined) facts.targets.crowded = { plugin: 'dir', path: crowded.path };
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(facts));
  const work = join(folder, 'work');
  mkdirSync(work);
  const goOn = (steps) => steps < stepsOfWalk && !isOver();
  const counts = await walk({ folder: work, config, target, seed, goOn, crowd: crowded?.leave }).catch((error) => {
    console.error(error, `\nWhat it left, and every command in work/walk.log: ${folder}`);
  });
  await stop();
  // What a failure left is to be looked at as it is.
  if (counts !== undefined) await crowded?.stop();
  await releaseBelow(folder);
  if (counts !== undefined) rmSync(folder, { recursive: true, force: true });
  return counts;
}
