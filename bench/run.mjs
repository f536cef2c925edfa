// `npm run bench`: how long the main jobs take, beside other tools, on one disk, in one run. Rounds are interleaved; medians and ratios
// are printed, because absolute times of a shared machine mean nothing. Needs /usr/bin/time (package time); tools that are
// not installed are named and left out.
//
//   node bench/run.mjs [--size GiB] [--rounds N] [--folder PATH]
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const mebibyte = 1024 * 1024;
const size = Number(option('size', '2')) * 1024;
const rounds = Number(option('rounds', '3'));
const parent = option('folder', existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
const folder = mkdtempSync(join(parent, 'sysimage-bench-'));
const command = join(import.meta.dirname, '../packages/cli/bin/sysimage.js');
const [disk, image, restored, target] = ['disk.img', 'other.vhd', 'restored.img', 'target'].map((name) =>
  join(folder, name),
);
const sysimage = (...args) => [process.execPath, command, ...args, '--quiet', '--computer', 'bench'];

const jobs = [
  { name: 'read the disk (cat)', command: ['sh', '-c', `cat ${disk} >/dev/null`] },
  { name: 'copy (cp --sparse=always)', command: ['cp', '--sparse=always', disk, restored], clean: [restored] },
  {
    name: 'qemu-img convert -O vpc',
    tool: 'qemu-img',
    command: ['qemu-img', 'convert', '-W', '-m', '8', '-O', 'vpc', disk, image],
  },
  {
    name: 'qemu-img convert back',
    tool: 'qemu-img',
    command: ['qemu-img', 'convert', '-W', '-m', '8', '-f', 'vpc', '-O', 'raw', image, restored],
    clean: [restored, image],
  },
  { name: 'sysimage backup, first', command: sysimage('backup', '--disk', disk, '--to', `dir:${target}`) },
  { name: 'sysimage backup, unchanged', command: sysimage('backup', '--disk', disk, '--to', `dir:${target}`) },
  {
    name: 'sysimage backup, 1 % changed',
    before: changeDisk,
    command: sysimage('backup', '--disk', disk, '--to', `dir:${target}`),
  },
  {
    name: 'sysimage restore',
    command: sysimage('restore', 'latest', '--from', `dir:${target}`, '--disk', restored),
    clean: [restored, target],
  },
];

try {
  makeDisk();
  const results = new Map(jobs.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const job of jobs) {
      if (job.tool !== undefined && spawnSync(job.tool, ['--version']).error !== undefined) continue;
      job.before?.(round);
      results.get(job.name).push(time(job.command));
      for (const path of job.clean ?? []) rmSync(path, { recursive: true, force: true });
    }
  }
  print(results);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Half random bytes, half holes, in runs of 16 MiB: one partition of unknown content. */
function makeDisk() {
  const file = openSync(disk, 'w');
  ftruncateSync(file, size * mebibyte);
  const table = Buffer.alloc(512);
  table.writeUInt32LE(0x62656e63, 440);
  table[450] = 0x83;
  table.writeUInt32LE(2048, 454);
  table.writeUInt32LE((size - 1) * 2048, 458);
  table.writeUInt16LE(0xaa55, 510);
  writeSync(file, table, 0, 512, 0);
  const chunk = Buffer.alloc(16 * mebibyte);
  for (let at = 1; at + 16 <= size; at += 32) writeSync(file, randomFillSync(chunk), 0, chunk.length, at * mebibyte);
  closeSync(file);
}

/** Writes 4 KiB into every hundredth grain. */
function changeDisk(round) {
  const file = openSync(disk, 'r+');
  const bytes = Buffer.alloc(4096, round + 1);
  for (let grain = 16; grain < size * 16; grain += 100) writeSync(file, bytes, 0, bytes.length, grain * 65_536);
  closeSync(file);
}

function time(words) {
  const log = join(folder, 'time');
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%e %U %S %M', '-o', log, ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${words.join(' ')} failed: ${stderr}`);
  const [wall, user, system, memory] = readFileSync(log, 'utf8').trim().split('\n').at(-1).split(' ').map(Number);
  return { wall, cpu: user + system, memory: memory / 1024 };
}

function print(results) {
  const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  const base = results.get('qemu-img convert -O vpc').map(({ wall }) => wall);
  console.log(`disk of ${size} MiB, half of it random data; ${rounds} rounds in ${parent}\n`);
  console.log('| what | wall s | CPU s | peak MiB | times qemu-img convert |\n|---|---|---|---|---|');
  for (const [name, runs] of results) {
    if (runs.length === 0) {
      console.log(`| ${name} | not installed | | | |`);
      continue;
    }
    const wall = middle(runs.map((run) => run.wall));
    const cpu = middle(runs.map((run) => run.cpu));
    const memory = Math.max(...runs.map((run) => run.memory));
    const ratio = base.length === 0 ? '' : (wall / middle(base)).toFixed(2);
    console.log(`| ${name} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${memory.toFixed(0)} | ${ratio} |`);
  }
}
