import { afterAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { createDisks } from '@sysimage/block-device';
import type { MountedVolume, SnapshotOptions } from '@sysimage/core/plugin';
import { attempt, makeScratch, run, waitUntil } from '@sysimage/fixtures';
import { createFreezeProvider } from '../src/freeze-provider.js';
import { freeze } from '../src/freeze-watch.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const disks = createDisks();
const provider = createFreezeProvider({ disksBelow: (path) => disks.disksBelow(path) });
const options: SnapshotOptions = { needed: new Set(), limit: 60_000 };

/** A file system of its own, mounted at the path that comes back; its image lies beside it. */
async function mounted(name: string, folder = scratch.path): Promise<string> {
  const path = `${folder}/${name}`;
  await writeFile(`${path}.img`, '');
  await truncate(`${path}.img`, 16 * mebi);
  await run('mkfs.ext4', '-q', '-F', `${path}.img`);
  await mkdir(path);
  await run('mount', '-o', 'loop', `${path}.img`, path);
  return path;
}

async function volumeAt(mountPoint: string): Promise<MountedVolume> {
  const [top] = (await disks.disksBelow(mountPoint)).fileSystems ?? [];
  const mount = { mountPoint, readOnly: false, ...(top === undefined ? {} : { fileSystem: top.id }) };
  return { disk: `${mountPoint}.img`, start: 0, size: 16 * mebi, mounts: [mount] };
}

/** The kernel freezes no file system twice. */
async function isFrozen(folder: string): Promise<boolean> {
  const { code } = await attempt('fsfreeze', '--freeze', folder);
  if (code === 0) await run('fsfreeze', '--unfreeze', folder);
  return code !== 0;
}

/** The shell that watches over what is frozen at these places. */
async function watcherOf(folder: string): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const status = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const isOurs = status.includes(`) S ${process.pid} `);
    if (isOurs && words.includes('sysimage-freeze') && words.includes(folder)) return Number(name);
  }
  throw new Error(`nobody watches over ${folder}`);
}

test('the limit ends it by itself, and says so first', async () => {
  const folder = await mounted('limit');
  const frozen = await freeze([folder], 1000);
  expect([frozen.isWhole(), await isFrozen(folder)]).toEqual([true, true]);
  await waitUntil('it is not whole', async () => !frozen.isWhole());
  await waitUntil('it is thawed', async () => !(await isFrozen(folder)));
  await frozen.thaw();
  await writeFile(`${folder}/file`, 'text');
});

test('when its watcher is killed, the process itself thaws', async () => {
  const folder = await mounted('watcher');
  const frozen = await freeze([folder], 60_000);
  process.kill(await watcherOf(folder), 'SIGKILL');
  await waitUntil('it is not whole', async () => !frozen.isWhole());
  await frozen.thaw();
  expect(await isFrozen(folder)).toBe(false);
});

test('what is frozen cannot be unmounted, and is thawed whatever is mounted over it', async () => {
  const folder = await mounted('stays');
  const frozen = await freeze([folder], 60_000);
  expect(await attempt('umount', folder)).toMatchObject({ code: 32 });
  await run('mount', '-t', 'tmpfs', 'tmpfs', folder);
  await frozen.thaw();
  await run('umount', folder);
  expect(await isFrozen(folder)).toBe(false);
  await run('umount', folder);
});

test('one that is stuck while it is frozen keeps the others frozen for no longer than the limit', async () => {
  const folder = await mounted('others');
  const stuck = scratch.at('stuck');
  await writeFile(stuck, `[ "$1" = never ] && exec sleep 5; exec fsfreeze --freeze "$1"`);
  const words = { freeze: ['/bin/sh', stuck], thaw: ['fsfreeze', '--unfreeze'] } as const;
  const begun = performance.now();
  await expect(freeze([folder, 'never'], 500, { how: words })).rejects.toMatchObject({ code: 'busy' });
  expect(performance.now() - begun).toBeLessThan(4500);
  expect(await isFrozen(folder)).toBe(false);
});

test.each([0.3, 9])('who gives up while the next is being frozen, for %d s, leaves nothing frozen', async (seconds) => {
  const name = `given-up-${seconds}`;
  const folder = await mounted(name);
  const [slow, marker] = [scratch.at(`${name}.sh`), scratch.at(`${name}.marker`)];
  await writeFile(slow, `[ "$1" = next ] || exec fsfreeze --freeze "$1"; : > '${marker}'; exec sleep ${seconds}`);
  const how = { freeze: ['/bin/sh', slow], thaw: ['fsfreeze', '--unfreeze'] } as const;
  const caller = new AbortController();
  const freezing = freeze([folder, 'next'], 60_000, { how, signal: caller.signal });
  freezing.catch(() => undefined);
  await waitUntil('the first is frozen', () => Promise.resolve(existsSync(marker)));
  caller.abort();
  await expect(freezing).rejects.toMatchObject({ code: 'cancelled' });
  expect(await isFrozen(folder)).toBe(false);
});

test('it tells when all was let go of whether it was frozen until then', async () => {
  const folder = await mounted('proof');
  const frozen = await freeze([folder], 60_000);
  expect([await frozen.thaw(), await frozen.thaw()]).toEqual([true, false]);
  const elsewhere = await freeze([folder], 60_000);
  await run('fsfreeze', '--unfreeze', folder);
  // Nobody heard of it.
  expect([elsewhere.isWhole(), await elsewhere.thaw()]).toEqual([true, false]);
  const late = await freeze([folder], 500);
  await waitUntil('the limit is over', async () => !late.isWhole());
  expect(await late.thaw()).toBe(false);
});

test('what cannot be thawed is told, with the command that would', async () => {
  const folder = await mounted('frozen-for-good');
  const how = { freeze: ['fsfreeze', '--freeze'], thaw: ['ls', '--no-such-option'] } as const;
  const frozen = await freeze([folder], 60_000, { how });
  await expect(frozen.thaw()).rejects.toMatchObject({
    code: 'busy',
    remedy: expect.stringContaining(`ls --no-such-option ${folder}`),
  });
  await run('fsfreeze', '--unfreeze', folder);
});

test('what somebody else has frozen is refused, and stays frozen; the others are thawed', async () => {
  const [mine, theirs] = [await mounted('mine'), await mounted('theirs')];
  await run('fsfreeze', '--freeze', theirs);
  try {
    await expect(freeze([mine, theirs], 60_000)).rejects.toMatchObject({ code: 'busy' });
    expect([await isFrozen(mine), await isFrozen(theirs)]).toEqual([false, true]);
  } finally {
    await run('fsfreeze', '--unfreeze', theirs);
  }
});

test('a volume in an image file on another one is frozen before that, and thawed after it', async () => {
  const outer = await mounted('outer');
  await run('umount', outer);
  await run('mkfs.ext4', '-q', '-F', `${outer}.img`, '64M');
  await run('mount', '-o', 'loop', `${outer}.img`, outer);
  const inner = await mounted('inner', outer);
  await writeFile(`${inner}/file`, 'not yet on any disk');
  const held = await provider.hold([await volumeAt(outer), await volumeAt(inner)], options);
  try {
    expect([await isFrozen(inner), await isFrozen(outer)]).toEqual([true, true]);
    expect(await held.take()).toEqual([]);
    held.assertIntact();
  } finally {
    await held.release();
  }
  expect([await isFrozen(inner), await isFrozen(outer)]).toEqual([false, false]);
  expect(() => held.assertIntact()).toThrow(expect.objectContaining({ code: 'busy' }));
  await run('umount', inner);
});

test('what is needed, what nobody can freeze, and what is not what it was are refused', async () => {
  const folder = await mounted('offer');
  const volume = await volumeAt(folder);
  expect(await provider.offer(volume, options)).toMatchObject({ consistency: 'frozen' });
  const [id = ''] = volume.mounts.map(({ fileSystem }) => fileSystem);
  expect(await provider.offer(volume, { ...options, needed: new Set([id]) })).toEqual({
    whyNot: expect.stringContaining('the backup is written to'),
  });
  const disksBelow = (path: string): ReturnType<typeof disks.disksBelow> => disks.disksBelow(path);
  const careful = createFreezeProvider({ disksBelow, alsoNeeded: [`${folder}/not/there/yet`] });
  await expect(careful.hold([volume], options)).rejects.toMatchObject({ code: 'busy' });
  expect(await isFrozen(folder)).toBe(false);
  expect(await provider.offer(await volumeAt('/'), options)).toMatchObject({ whyNot: expect.any(String) });
  await mkdir(scratch.at('memory'));
  await run('mount', '-t', 'tmpfs', 'tmpfs', scratch.at('memory'));
  const memory = await volumeAt(scratch.at('memory'));
  expect(await provider.offer(memory, options)).toEqual({ whyNot: 'tmpfs cannot be frozen' });
  // Mounted over: the path names another file system now.
  await run('mount', '-t', 'tmpfs', 'tmpfs', folder);
  expect(await provider.offer(volume, options)).toMatchObject({ whyNot: expect.stringContaining('cannot be told') });
  await run('umount', folder);
});
