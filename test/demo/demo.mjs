// `npm run demo`: the main job on a small real disk, for any user on any machine with Node. Everything happens in one temporary
// folder, which is removed at the end (keep it with SYSIMAGE_DEMO_KEEP=1).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyChange, demoDisk, unpackDisk } from './disk.mjs';

const root = join(import.meta.dirname, '../..');
const command = join(root, 'packages/cli/bin/sysimage.js');
const folder = await mkdtemp(join(tmpdir(), 'sysimage-demo-'));
const [disk, restored, target] = ['disk.img', 'restored.img', 'backups'].map((name) => join(folder, name));
const bold = (text) => (process.stdout.isTTY && !process.env['NO_COLOR'] ? `\u001b[1m${text}\u001b[0m` : text);

try {
  await unpackDisk(disk);
  say('A disk with a FAT32, an NTFS and an ext4 volume');
  run('disks', '--disk', disk);
  say('The first backup takes the blocks in use');
  run('backup', '--disk', disk, '--to', `dir:${target}`, '--computer', 'demo');
  say('Files are added, overwritten and deleted on it');
  for (const change of demoDisk.changes) console.log(`  ${describe(change)}`);
  const written = await applyChange(disk);
  console.log(`  ${written} bytes of the disk differ now`);
  say('The second backup writes what changed, and keeps what that displaces');
  run('backup', '--disk', disk, '--to', `dir:${target}`, '--computer', 'demo');
  say('Both versions are there');
  run('versions', '--from', `dir:${target}`);
  const { versions } = JSON.parse(run('versions', '--from', `dir:${target}`, '--json'));
  say('The first one comes back');
  run('restore', versions[0].id, '--from', `dir:${target}`, '--disk', `0=${restored}`);
  await compare();
} finally {
  if (process.env['SYSIMAGE_DEMO_KEEP'] === undefined) await rm(folder, { recursive: true, force: true });
  else console.log(`kept: ${folder}`);
}

function say(text) {
  console.log(`\n${bold(`── ${text} `)}`);
}

/** Runs the command as a user would, and shows it. With --json the answer is returned instead of shown. */
function run(...args) {
  const json = args.includes('--json');
  if (!json) console.log(`$ sysimage ${args.map((arg) => arg.replaceAll(`${folder}/`, '')).join(' ')}`);
  // The disk and the backups of a demonstration lie on one disk: the check that warns of it is right, and shown once.
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });
  const shown = `${stderr}${json ? '' : stdout}`.replaceAll(`${folder}/`, '');
  process.stdout.write(shown);
  if (status !== 0) throw new Error(`sysimage ${args[0]} ended with exit code ${status}`);
  return stdout;
}

/** The digest of the disk before the change was committed together with it. */
async function compare() {
  const before = await digestOf(restored);
  const { size, blocks } = await stat(restored);
  const same = before === demoDisk.sha256.before;
  say(same ? 'It is, byte for byte, the disk from before the change' : 'The restored disk DIFFERS');
  console.log(`  sha256 ${before}`);
  console.log(`  ${size} bytes, ${blocks * 512} of them on disk: holes stay holes`);
  if (!same) process.exitCode = 1;
}

async function digestOf(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

function describe(change) {
  return typeof change === 'string' ? change : Object.values(change).join(' ');
}
