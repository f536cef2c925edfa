// `npm run soak [-- --minutes N] [-- --only NAME] [-- --seed N]`: lets the fuzzers of every decoder and the sweeps of every flow run with
// random seeds, each for its share of the time. `--kills N` kills N backups to every kind of target besides, and `--walk MINUTES` lets random
// commands, some of them killed, run there, both as root. `--flow NAME --fault KIND@CALL --keep KEEP --seed N` repeats one try of a sweep.
//
// What fails is printed with its seed; the exit code tells. The last result that was worth keeping is in docs/soak.md.
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    minutes: { type: 'string', default: '10' },
    only: { type: 'string' },
    kills: { type: 'string', default: '0' },
    walk: { type: 'string', default: '0' },
    seed: { type: 'string' },
    flow: { type: 'string' },
    fault: { type: 'string', multiple: true, default: [] },
    keep: { type: 'string', default: 'none' },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} is no time`);

if (values.flow !== undefined) {
  const { parseTrial, repeat } = await import('../e2e/dist/src/index.js');
  await repeat(parseTrial({ flow: values.flow, fault: values.fault, keep: values.keep, seed: values.seed ?? '0' }));
  console.log('no harm was done');
  process.exit();
}

/** Name, module, function, and how many inputs make a round of a few seconds. */
const fuzzers = [
  ['partition tables', '../../packages/partition-table/dist/test/fuzz.js', 'fuzzPartitionTable', 500],
  ['VHD', '../../packages/vhd/dist/test/fuzz.js', 'fuzzVhd', 500],
  ['VHDX', '../../packages/vhdx/dist/test/fuzz.js', 'fuzzVhdx', 500],
  ['file systems', '../../packages/filesystems/dist/test/fuzz-file-systems.js', 'fuzzFileSystems', 100],
  ['disc images', '../../packages/disc-image/dist/test/fuzz.js', 'fuzzDiscImage', 300],
  ['targets', '../e2e/dist/src/fuzz-target.js', 'fuzzTarget', 100],
  ['flows, one fault', '../e2e/dist/src/sweep-flow.js', 'sweepFlows', 1],
  ['flows, several', '../e2e/dist/src/sweep-flow.js', 'fuzzFlows', 20],
].filter(([name]) => isWanted(name));
const [kills, walkMinutes] = [Number(values.kills), Number(values.walk)];
if (!(kills >= 0 && walkMinutes >= 0)) throw new Error('--kills and --walk are numbers');
if (fuzzers.length === 0 && kills + walkMinutes === 0)
  throw new Error(`--only ${values.only}: there is nothing of that name`);

const share = (minutes * 60_000) / fuzzers.length;
const rows = [];
for (const [name, module, export_, runs] of fuzzers) rows.push(await soak(name, (await import(module))[export_], runs));

const seedOfCommands = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (kills > 0) {
  const { soakKills } = await import('./kills.mjs');
  rows.push(...(await soakKills(kills, seedOfCommands, isWanted)));
}
if (walkMinutes > 0) {
  const { soakWalks } = await import('./walks.mjs');
  rows.push(...(await soakWalks(walkMinutes, seedOfCommands, isWanted)));
}
if (rows.length === 0) throw new Error(`--only ${values.only}: there is nothing of that name`);

const width = Math.max(...rows.map(({ name }) => name.length));
for (const { name, inputs, failures, seconds } of rows) {
  console.log(`${name.padEnd(width)}  ${String(inputs).padStart(9)} inputs  ${failures} failures  ${seconds} s`);
}
const failures = rows.reduce((sum, row) => sum + row.failures, 0);
console.log(`${rows.reduce((sum, row) => sum + row.inputs, 0)} inputs, ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;

/** `--only` chooses what begins so. */
function isWanted(name) {
  return values.only === undefined || name.startsWith(values.only);
}

/** Rounds with a new seed each, until the share of time is used; a given seed is used once. */
async function soak(name, fuzz, runs) {
  const begun = Date.now();
  let inputs = 0;
  let failed = 0;
  do {
    const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
    try {
      await fuzz({ seed, runs });
    } catch (error) {
      failed += 1;
      console.error(`${name}, seed ${seed}:`, error);
    }
    inputs += runs;
  } while (values.seed === undefined && failed < 3 && Date.now() - begun < share);
  return { name, inputs, failures: failed, seconds: Math.round((Date.now() - begun) / 1000) };
}
