import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { hashTree, makeScratch, noise, run } from '@sysimage/fixtures';
import { archive, runInGuest } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** Processes of this machine whose command line names the path. */
function processesWith(path: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/u.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(path);
    } catch {
      return false; // it ended meanwhile
    }
  });
}

test('another reader unpacks an archive', async () => {
  const files = Array.from({ length: 9 }, (_, i) => ({
    path: `a/${'b/'.repeat(i)}file ${i}`,
    mode: i % 2 === 0 ? 0o755 : 0o600,
    bytes: noise(i, i * 1000),
  }));
  writeFileSync(scratch.at('all.cpio'), archive(files));
  await run('mkdir', scratch.at('out'));
  await run('bsdtar', '-xpf', scratch.at('all.cpio'), '-C', scratch.at('out'));
  await run('mkdir', scratch.at('expected'));
  for (const { path, bytes, mode } of files) {
    await run('install', '-D', '-m', mode.toString(8), '/dev/null', scratch.at('expected', path));
    writeFileSync(scratch.at('expected', path), bytes);
  }
  expect(await hashTree(scratch.at('out'))).toEqual(await hashTree(scratch.at('expected')));
  const modes = async (folder: string): Promise<string> =>
    run('find', folder, '-type', 'f', '-printf', String.raw`%P %m\n`);
  expect((await modes(scratch.at('out'))).split('\n').sort()).toEqual(
    (await modes(scratch.at('expected'))).split('\n').sort(),
  );
});

test('a script is heard alone, with its exit code, and has what it asked for', async () => {
  const script = `
echo "to be heard"; echo "a complaint" >&2; echo "to the console" > /dev/ttyS0
grep -q dm_crypt /proc/modules && lvm version | grep -q 'LVM version'
exit 7`;
  const end = await runInGuest({ script, modules: ['dm-crypt'], tools: ['lvm'] });
  expect(end).toMatchObject({ exitCode: 7, output: 'to be heard\na complaint\n' });
  expect(end.serial).toContain('to the console');
}, 120_000);

test('what fails in a script ends it', async () => {
  const { exitCode, output } = await runInGuest({ script: 'echo first\nfalse\necho second' });
  expect({ exitCode, output }).toEqual({ exitCode: 1, output: 'first\n' });
}, 120_000);

test('writes to a disk stay, unless they are to be lost', async () => {
  const disks = ['kept', 'lost'].map((name) => scratch.at(name));
  for (const path of disks) writeFileSync(path, Buffer.alloc(mebi, 'x'));
  const [kept = '', lost = ''] = disks;
  await runInGuest({
    script: 'for disk in vda vdb; do printf written | dd of=/dev/$disk conv=notrunc; done',
    disks: [
      { path: kept, format: 'raw' },
      { path: lost, format: 'raw', discardWrites: true },
    ],
  });
  expect(disks.map((path) => readFileSync(path, 'latin1').slice(0, 8))).toEqual(['writtenx', 'xxxxxxxx']);
}, 120_000);

test('a guest that does not end is ended, and its last words are told', async () => {
  const path = scratch.at('endless, and with a comma');
  writeFileSync(path, Buffer.alloc(mebi));
  const job = runInGuest({
    script: 'echo "now for ever"; sleep 100000',
    disks: [{ path, format: 'raw' }],
    timeLimit: 10_000,
  });
  await expect(job).rejects.toThrow(/not done after 10000 ms[^]*now for ever/u);
  expect(processesWith('endless')).toEqual([]);
}, 120_000);

test('a guest that falls over is told from one that ends', async () => {
  const job = runInGuest({ script: 'echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger' });
  await expect(job).rejects.toThrow(/ended before its script did[^]*Kernel panic/u);
}, 120_000);

test('what is missing is named', async () => {
  const missing = scratch.at('no such disk');
  await expect(runInGuest({ script: ':', disks: [{ path: missing, format: 'raw' }] })).rejects.toThrow(missing);
  await expect(runInGuest({ script: ':', modules: ['no-such-module'] })).rejects.toThrow('no module no_such_module');
  await expect(runInGuest({ script: ':', tools: ['no-such-tool'] })).rejects.toThrow('no-such-tool');
}, 120_000);
