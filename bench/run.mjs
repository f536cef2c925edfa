// `npm run bench`: how long the main jobs take beside other tools, on one disk. Rounds are interleaved, and ratios of medians of one
// run are what counts: absolute times of a shared machine mean nothing. Writes bench/results.md. Needs root (it mounts a volume).
//
//   npm run bench -- [--quick] [--size GiB] [--rounds N] [--places FOLDER,…] [--only ID,…] [--install] [--dry]
//
// --quick: 1 GiB, one round.  --places: where the disk and everything else goes; memory and disk, unless told.
// --only: jobs of bench/cases.mjs. --install: fetches the tools first; what is not there is left out. --dry: prints, writes nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeScratch, withLoop } from '../test/fixtures/dist/src/index.js';
import { installBenchmarkPackages } from '../test/debian-packages.mjs';
import { benchCases } from './cases.mjs';
import { makeBenchDisk } from './disk.mjs';
import { measure } from './measure.mjs';
import { judge, placeAsText, summarise } from './results.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    size: { type: 'string' },
    rounds: { type: 'string' },
    places: { type: 'string', default: ['/dev/shm', tmpdir()].filter((path) => existsSync(path)).join(',') },
    only: { type: 'string' },
    install: { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false },
  },
});
const size = 1024 * Number(options.size ?? (options.quick ? 1 : 8));
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
const only = options.only?.split(',');
/** MiB of memory that are never touched. */
const leftForOthers = 3072;

if (options.install) {
  const complaint = installBenchmarkPackages();
  if (complaint !== undefined) throw new Error(complaint);
}
const pages = [];
for (const place of options.places.split(',')) pages.push(await benchPlace(place));
const bounds = readFileSync(join(import.meta.dirname, 'bounds.md'), 'utf8');
const text = `${heading()}\n${pages.join('\n')}\n${bounds}`;
console.log(text);
if (!options.dry) writeFileSync(join(import.meta.dirname, 'results.md'), text);

async function benchPlace(place) {
  process.env['SYSIMAGE_TEST_DIR'] = place;
  const scratch = await makeScratch();
  try {
    return await benchIn(scratch, place);
  } finally {
    await scratch.remove();
  }
}

async function benchIn(scratch, place) {
  const fileSystem = said('stat', '-f', '-c', '%T', place);
  const inMemory = fileSystem === 'tmpfs';
  const disk = await makeBenchDisk(scratch.at('disk.img'), size);
  const used = (Number(said('stat', '-c', '%b', disk.path)) * 512) / 1024 ** 3;
  const all = benchCases({ disk, folder: scratch.path });
  const jobs = all.filter(({ id }) => only === undefined || only.includes(id));
  const measured = new Map();
  for (let round = 0; round < rounds; round += 1) {
    for (const job of all) {
      // Others need the room of what a job that is left out would remove.
      if (!jobs.includes(job)) {
        job.after?.();
        continue;
      }
      if (job.tool !== undefined && spawnSync(job.tool, ['--version']).error !== undefined) continue;
      await job.before?.(round, (words, env) => measure(words, { env }));
      if (inMemory) touchMemory(scratch.at('touched'));
      else forget(disk.path);
      const result = await runJob(job, disk, inMemory ? undefined : scratch.path);
      measured.set(job.id, [...(measured.get(job.id) ?? []), result]);
      process.stderr.write(`round ${round + 1}, ${job.id}: ${result.wall.toFixed(2)} s\n`);
      job.after?.();
    }
  }
  const rows = summarise(jobs, measured);
  const note = inMemory
    ? `Disk and output in memory; ${rounds} rounds; ${used.toFixed(1)} GiB of the disk in use.`
    : `Disk and output on ${fileSystem}; the disk is not in memory when a job begins, and a job has ended when its output is on the medium; ${rounds} rounds; ${used.toFixed(1)} GiB of the disk in use.`;
  return placeAsText({ title: inMemory ? 'In memory (tmpfs)' : `On a disk (${fileSystem})`, note }, rows, judge(rows));
}

function runJob({ command, env, volume }, disk, durableBelow) {
  if (volume === undefined) return measure(command, { env, durableBelow });
  const { offset, size: length } = volume;
  return withLoop(disk.path, { offset, size: length, readOnly: true }, (device) =>
    measure(
      command.map((word) => (word === '{volume}' ? device : word)),
      { env, durableBelow },
    ),
  );
}

/** Drops a file from the memory of the system, so that it is read from the medium. */
function forget(path) {
  spawnSync('sync', [path]);
  spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
}

/** A hypervisor takes memory back that is free for a while. Nobody is to pay for getting it again, so it is used just before. */
function touchMemory(path) {
  const available = /^MemAvailable:\s+(\d+) kB$/mu.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  const count = Math.min(size, Number(available ?? 0) / 1024 - leftForOthers);
  if (count > 0) spawnSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=1M', `count=${Math.floor(count)}`, 'status=none']);
  rmSync(path, { force: true });
}

function heading() {
  const commit = said('git', '-C', import.meta.dirname, 'describe', '--always', '--dirty');
  const memory = (totalmem() / 1024 ** 3).toFixed(0);
  const [load] = said('cat', '/proc/loadavg').split(' ');
  return `# What the main jobs take, beside other tools

Written by \`npm run bench\`. Commit ${commit}, ${new Date().toISOString().slice(0, 10)}. ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${memory} GiB, Linux ${release()}, Node ${process.version}, load ${load} in the end.

One disk of ${size / 1024} GiB: GPT, ESP, MSR, and NTFS with files of this system and random bytes. Read the ratios, not the seconds.
borg: fixed chunks of 4 MiB, no compression, no encryption. restic: as it comes. Both see the disk as a file, with all its holes read as zeros. ntfsclone and partclone: the NTFS volume only, through a loop device.
`;
}

function said(command, ...args) {
  return spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}
