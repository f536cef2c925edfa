import { fork } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { attempt, loopsBelow, makeDisk, makeScratch, mountsBelow, run, withLoop } from '@sysimage/fixtures';
import type { Target } from '@sysimage/core/plugin';
import { hold, isUnused, releaseOf } from '../src/mount-users.js';
import { withRunFolder } from '../src/run-folder.js';
import { host, opener, putText, textOn } from './surroundings.js';

const scratch = await makeScratch();
afterAll(() => scratch.remove());
const runFolder = scratch.at('run');
const open = opener(runFolder);

let path: string;
let volumes = 0;
beforeEach(async () => {
  path = scratch.at(`volume-${(volumes += 1)}.img`);
  await writeFile(path, '');
  await truncate(path, 8 * 1024 * 1024);
  await run('mkntfs', '-FqQ', path);
});

/** Nothing is mounted or looped, and nothing lies about. */
async function expectTidy(): Promise<void> {
  expect(await mountsBelow(scratch.path)).toEqual([]);
  expect(await loopsBelow(scratch.path)).toEqual([]);
  expect(await readdir(runFolder)).toEqual(['lock']);
  await run('ntfsfix', '--no-action', path);
}

test('what is opened is mounted for nobody else, and unmounted when it is closed', async () => {
  const target = await open({ path });
  const [mountPoint = ''] = await mountsBelow(scratch.path);
  // What lies below the image file depends on the machine that runs the tests.
  expect(target.traits.fileSystemsBelow?.[0]).toMatchObject({ type: 'fuseblk', mountPoint });
  expect(target.traits).toMatchObject({ location: path, fileSystem: 'ntfs', medium: 'disk' });
  expect(target.traits.identity).toMatch(/^ntfs:[\dA-F]{16}:\/$/u);
  expect(target.capabilities).toMatchObject({ shadowCopies: 'engine', randomWrite: true });
  await putText(target, 'first');
  await target.close();
  await target.close();
  await expectTidy();
  const again = await open({ path }, 'read');
  expect(again.traits.identity).toBe(target.traits.identity);
  expect(await textOn(again)).toBe('first');
  await again.close();
  await expectTidy();
});

test('who fails to open leaves nothing mounted', async () => {
  await expect(open({ path, folder: 'not there' }, 'read')).rejects.toMatchObject({ code: 'not-found' });
  await expectTidy();
});

test('many share a mount; the last one unmounts', async () => {
  const targets = await Promise.all([1, 2, 3, 4].map(() => open({ path })));
  const reader = await open({ path }, 'read');
  expect((await mountsBelow(scratch.path)).length).toBe(1);
  await Promise.all(targets.map((target) => target.close()));
  expect((await mountsBelow(scratch.path)).length).toBe(1);
  await reader.close();
  await expectTidy();
});

test('what is let go of is in use until nobody else can sweep it away', async () => {
  const folder = scratch.at('run', 'volume');
  await mkdir(join(folder, 'mount'), { recursive: true });
  const release = releaseOf(await hold(folder), { folder, runFolder }, host);
  let releasing: Promise<void> | undefined;
  await withRunFolder(runFolder, async () => {
    releasing = release();
    expect(await isUnused(folder)).toBe(false);
  });
  await releasing;
  expect(await readdir(runFolder)).toEqual(['lock']);
});

test('a writer waits for readers to end, and does not mount beside them', async () => {
  const reader = await open({ path }, 'read');
  await expect(open({ path })).rejects.toMatchObject({ code: 'busy', retry: 'later' });
  await reader.close();
  const writer = await open({ path });
  await writer.close();
  await expectTidy();
});

test('a volume that is mounted stays so, and is used there', async () => {
  const folder = `${path}-mounted`;
  await mkdir(folder);
  for (const mode of ['rw', 'ro']) {
    await run('mount', '-t', 'ntfs-3g', '-o', `loop,${mode}`, path, folder);
    if (mode === 'ro') {
      await expect(open({ path })).rejects.toMatchObject({
        code: 'denied',
        message: expect.stringContaining(folder) as unknown,
      });
    }
    const target = await open(
      { path, folder: mode === 'ro' ? 'of rw' : `of ${mode}` },
      mode === 'ro' ? 'read' : 'write',
    );
    expect(await mountsBelow(scratch.path)).toEqual([folder]);
    if (mode === 'rw') await putText(target, mode);
    expect(await textOn(target)).toBe('rw');
    await target.close();
    expect(await mountsBelow(scratch.path)).toEqual([folder]);
    await run('umount', folder);
  }
  // Without a loop device FUSE does not say where in the file the volume lies.
  await run('ntfs-3g', path, folder);
  const target = await open({ path });
  expect(await mountsBelow(scratch.path)).toEqual([folder]);
  await target.close();
  await run('umount', folder);
});

test('what a killed run left is unmounted by the next, and what it had put is there', async () => {
  const child = fork(new URL('child.js', import.meta.url), [runFolder, path], { execArgv: [] });
  await new Promise((resolve) => child.once('message', resolve));
  const reader = await open({ path }, 'read');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  // Somebody else goes on in the same mount.
  expect(await textOn(reader)).toBe('of the child');
  await reader.close();
  await expectTidy();

  const second = fork(new URL('child.js', import.meta.url), [runFolder, path], { execArgv: [] });
  await new Promise((resolve) => second.once('message', resolve));
  const gone = new Promise((resolve) => second.once('exit', resolve));
  second.kill('SIGKILL');
  await gone;
  expect((await mountsBelow(scratch.path)).length).toBe(1);
  // It was mounted for writing: that mount is not used.
  const next = await open({ path }, 'read');
  await expect(putText(next, 'x')).rejects.toMatchObject({ code: 'denied' });
  expect(await textOn(next)).toBe('of the child');
  await next.close();
  await expectTidy();
});

test('a partition is one place, whether it is named by its own device or by that of its disk', async () => {
  const disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 16 * 1024 * 1024,
    partitions: [
      { type: 'blank', size: 4 * 1024 * 1024 },
      { type: 'ntfs', size: 8 * 1024 * 1024 },
    ],
  });
  await withLoop(disk.path, {}, async (device) => {
    await run('partx', '--add', device);
    const opened: Target[] = [];
    const openToo = async (options: Parameters<typeof open>[0]): Promise<Target> => {
      const target = await open(options);
      opened.push(target);
      return target;
    };
    try {
      const partition = `${device}p2`;
      for (const [one, other] of [
        [{ path: device }, { path: partition }],
        [{ path: partition }, { path: device, partition: 2 }],
      ] as const) {
        const target = await openToo(one);
        const same = await openToo(other);
        // The kernel's own device of it, and no second one of the same bytes.
        expect(await loopsBelow(scratch.path)).toEqual([{ device, file: disk.path }]);
        expect((await mountsBelow(scratch.path)).length).toBe(1);
        expect(same.traits.identity).toBe(target.traits.identity);
        expect(same.traits.physicalDisks).toEqual(target.traits.physicalDisks);
        await putText(target, one.path);
        expect(await textOn(same)).toBe(one.path);
        await target.close();
        await same.close();
      }
    } finally {
      // A partition of a loop device that stays behind is in the way of others.
      for (const target of opened) await target.close();
      await run('partx', '--delete', device);
    }
  });
  await expectTidy();
});

test('when ntfs-3g dies, nothing is written to what lies below, and the next run goes on', async () => {
  const target = await open({ path });
  await putText(target, 'before');
  const [mountPoint = ''] = await mountsBelow(scratch.path);
  await killDriverOf(mountPoint);
  await expect(putText(target, 'after')).rejects.toMatchObject({ code: 'unavailable' });
  await target.close();
  await expectTidy();
  const again = await open({ path });
  expect(await textOn(again)).toBe('before');
  await again.close();
  await expectTidy();
});

async function killDriverOf(mountPoint: string): Promise<void> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[0]?.includes('ntfs-3g') === true && words.includes(mountPoint)) process.kill(Number(name), 'SIGKILL');
  }
}

test('while it is open nobody unmounts it', async () => {
  const target = await open({ path });
  const [mountPoint = ''] = await mountsBelow(scratch.path);
  expect((await attempt('umount', mountPoint)).code).not.toBe(0);
  await target.close();
  await expectTidy();
});

test('when somebody takes the mount away all the same, nothing lands in what lies below', async () => {
  const target = await open({ path });
  const [mountPoint = ''] = await mountsBelow(scratch.path);
  await run('umount', '--lazy', mountPoint);
  await putText(target, 'after');
  expect(await readdir(mountPoint)).toEqual([]);
  await target.close();
  const again = await open({ path });
  expect(await textOn(again)).toBe('after');
  await again.close();
  await expectTidy();
});

test('nothing is mounted where others could look in', async () => {
  const shared = scratch.at('shared');
  await mkdir(shared);
  await chmod(shared, 0o755);
  await expect(opener(shared)({ path })).rejects.toMatchObject({ code: 'denied' });
  expect(await readdir(shared)).toEqual([]);
});
