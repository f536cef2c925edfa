import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import {
  attempt,
  fillTree,
  fsck,
  hashTree,
  makeDisk,
  makeScratch,
  partitionOf,
  run,
  waitUntil,
  withLoop,
  type Disk,
} from '@sysimage/fixtures';
import {
  at,
  attemptHere,
  listAt,
  mountTmpfs,
  startSysimage,
  startWriter,
  succeedHere,
  textAt,
  unmount,
} from '../src/index.js';

// Volumes that somebody writes to while they are backed up.

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const elsewhere = scratch.at('elsewhere');
const folders = { ext4: scratch.at('ext4'), xfs: scratch.at('xfs'), btrfs: scratch.at('btrfs') } as const;
let disk: Disk;

beforeAll(async () => {
  await mountTmpfs(elsewhere, 512 * mebi);
  disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 520 * mebi,
    partitions: [
      { type: 'ext4', size: 64 * mebi, label: 'first' },
      { type: 'blank', size: 304 * mebi, label: 'second' },
      { type: 'blank', label: 'third' },
    ],
  });
  await onPart(disk.path, 2, (part) => run('mkfs.xfs', '-q', '-L', 'second', part));
  await onPart(disk.path, 3, (part) => run('mkfs.btrfs', '-q', '-L', 'third', part));
});

async function onPart<T>(path: string, number: number, work: (part: string) => Promise<T>): Promise<T> {
  const { offset, size } = partitionOf(disk, number);
  return withLoop(path, { offset, size }, work);
}

/** All volumes, mounted for writing through the disk's device, as a kernel that scans partitions has them. */
async function mounted<T>(work: (device: string) => Promise<T>): Promise<T> {
  return withLoop(disk.path, {}, (device) =>
    onPart(device, 1, (first) =>
      onPart(device, 2, (second) =>
        onPart(device, 3, async (third) => {
          for (const [part, folder] of [
            [first, folders.ext4],
            [second, folders.xfs],
            [third, folders.btrfs],
          ] as const) {
            await mkdir(folder, { recursive: true });
            await run('mount', part, folder);
          }
          try {
            return await work(device);
          } finally {
            for (const folder of Object.values(folders)) await unmount(folder);
          }
        }),
      ),
    ),
  );
}

async function numbersIn(path: string): Promise<readonly [number, number]> {
  const read = (number: number): Promise<number> =>
    onPart(path, number, async (part) => {
      const folder = scratch.at('looked into');
      await mkdir(folder, { recursive: true });
      await run('mount', '-o', number === 1 ? 'ro' : 'ro,nouuid', part, folder);
      try {
        return Number(await readFile(`${folder}/number`, 'utf8'));
      } finally {
        await unmount(folder);
      }
    });
  return [await read(1), await read(2)];
}

test('volumes that are written to are read as they were at one instant, by their blocks in use', async () => {
  const target = `dir:${elsewhere}/instant`;
  const restored = scratch.at('restored.img');
  await mounted(async (device) => {
    for (const folder of Object.values(folders)) {
      await mkdir(`${folder}/tree`);
      await fillTree(`${folder}/tree`, { files: 200, seed: 1 });
    }
    const trees = await Promise.all(Object.values(folders).map((folder) => hashTree(`${folder}/tree`)));
    await using writer = startWriter(`${folders.ext4}/number`, `${folders.xfs}/number`);
    await writer.begun;
    const backUp = ['backup', '--disk', device, '--to', target, '--computer', 'pc', '--json'];
    for (const round of [1, 2]) {
      const { result } = await succeedHere(...backUp);
      expect(at(result, 'version', 'consistency')).toBe('frozen');
      expect(listAt(result, 'version', 'disks', 0, 'volumes')).toMatchObject([
        { fileSystem: 'ext4', consistency: 'frozen', snapshot: 'freeze', copied: 'used' },
        { fileSystem: 'xfs', consistency: 'frozen', snapshot: 'freeze', copied: 'used' },
        { fileSystem: 'btrfs', consistency: 'frozen', snapshot: 'freeze', copied: 'used' },
      ]);
      const path = `${restored}.${round}`;
      await succeedHere('restore', textAt(result, 'version', 'id'), '--from', target, '--disk', path);
      await fsck({ ...disk, path }, 1);
      const [first, second] = await numbersIn(path);
      expect(first).toBeGreaterThan(1000);
      expect([second, second + 1]).toContain(first);
      await onPart(path, 2, (part) => run('xfs_repair', '-n', part));
      await onPart(path, 3, (part) => run('btrfs', 'check', '--readonly', '--check-data-csum', part));
    }
    expect(await Promise.all(Object.values(folders).map((folder) => hashTree(`${folder}/tree`)))).toEqual(trees);
  });
});

/** Whether somebody waits with frozen volumes for so many seconds. Whoever asked the kernel would disturb one that is about to freeze. */
async function isHeldFor(seconds: string): Promise<boolean> {
  for (const name of await readdir('/proc')) {
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[0] === 'timeout' && words[1] === seconds) return true;
  }
  return false;
}

/** Of all volumes: the kernel freezes no file system twice. */
async function areFrozen(): Promise<readonly boolean[]> {
  return Promise.all(
    Object.values(folders).map(async (folder) => {
      const { code } = await attempt('fsfreeze', '--freeze', folder);
      if (code === 0) await run('fsfreeze', '--unfreeze', folder);
      return code !== 0;
    }),
  );
}

test('what a killed backup froze is let go at once', async () => {
  await mounted(async (device) => {
    const target = `dir:${elsewhere}/killed`;
    const slowly = ['--limit', '100KiB', '--freeze-limit', '617s', '--json'];
    await using running = startSysimage('backup', '--disk', device, '--to', target, '--computer', 'pc', ...slowly);
    await waitUntil('all volumes are frozen', () => isHeldFor('617'));
    expect(await areFrozen()).toEqual([true, true, true]);
    running.kill();
    await running.ended;
    await waitUntil('all volumes are thawed', async () => (await areFrozen()).every((each) => !each));
    // And they are whole: the next backup takes them.
    await succeedHere('backup', '--disk', device, '--to', target, '--computer', 'pc');
    expect(await areFrozen()).toEqual([false, false, false]);
  });
});

test('what takes longer than the limit is let go, and is no version', async () => {
  await mounted(async (device) => {
    const target = `dir:${elsewhere}/late`;
    const backUp = ['backup', '--disk', device, '--to', target, '--computer', 'pc', '--json'];
    const late = await attemptHere(...backUp, '--limit', '2MiB', '--freeze-limit', '1s');
    expect(late).toMatchObject({ code: 11, stderr: expect.stringContaining('--freeze-limit') });
    expect(await areFrozen()).toEqual([false, false, false]);
    const { result } = await succeedHere('versions', '--from', target, '--json');
    expect(result).toMatchObject({ versions: [] });
  });
});

test('a plan says how volumes in use would be taken, and changes nothing', async () => {
  await mounted(async (device) => {
    const plan = ['plan', '--disk', device, '--to', `dir:${elsewhere}`];
    const { stdout } = await succeedHere(...plan);
    for (const folder of Object.values(folders)) {
      expect(stdout).toContain(`mounted for writing at ${folder}, frozen while it is read, for at most 60 s`);
    }
    expect(await areFrozen()).toEqual([false, false, false]);
    expect(await attemptHere(...plan, '--snapshot', 'none')).toMatchObject({ code: 13 });
    const unknown = await attemptHere(...plan, '--snapshot', 'magic');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('freeze') });
  });
});

test('what the program works in is never frozen', async () => {
  await mounted(async (device) => {
    const before = process.cwd();
    process.chdir(folders.xfs);
    try {
      const { code, stderr } = await attemptHere(
        'backup',
        '--disk',
        device,
        '--to',
        `dir:${elsewhere}/own`,
        '-c',
        'pc',
      );
      expect({ code, stderr }).toMatchObject({ code: 13, stderr: expect.stringContaining('this program needs') });
    } finally {
      process.chdir(before);
    }
  });
});
