import { afterAll, expect, test } from '@jest/globals';
import { open, stat, truncate, writeFile } from 'node:fs/promises';
import {
  allocatedBytes,
  attempt,
  copyImage,
  fsck,
  hashFile,
  makeDisk,
  makeScratch,
  noise,
  partitionOf,
  run,
  sameBytes,
  withLoop,
  withVolume,
  type Disk,
} from '@sysimage/fixtures';
import {
  assertSound,
  attemptHere,
  mountTmpfs,
  readTrees,
  settleSmall,
  succeedHere,
  usedBytes,
  withMount,
  type Said,
} from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** One version of each disk, and its canonical copy: what a restore to a new file gives. */
interface Shelf {
  readonly disk: Disk;
  readonly trees: Awaited<ReturnType<typeof readTrees>>;
  readonly url: string;
  readonly copy: string;
}

async function shelve(table: Disk['table']): Promise<Shelf> {
  const { disk, trees } = await settleSmall(scratch.at(`${table}.img`), { table });
  const url = `dir:${scratch.at(`${table}-target`)}`;
  await succeedHere('backup', '--disk', disk.path, '--to', url, '--computer', 'pc');
  const copy = scratch.at(`${table}-copy.img`);
  await succeedHere('restore', 'latest', '--from', url, '--disk', copy);
  return { disk, trees, url, copy };
}

const gpt = await shelve('gpt');
const mbr = await shelve('mbr');
const { offset, size } = partitionOf(gpt.disk, 2);
const volume = { offset, size };
const restore = ({ url }: Shelf, destination: string, ...more: readonly string[]): Promise<Said> =>
  attemptHere('restore', 'latest', '--from', url, '--disk', destination, '--json', ...more);

async function holes(path: string, size: number): Promise<void> {
  await writeFile(path, '');
  await truncate(path, size);
}

/** Rejects unless the command ends so and not one byte of the destination changed. */
async function assertRefused(path: string, code: number, work: () => Promise<Said>): Promise<Said> {
  const [before, { mtimeMs }] = [await hashFile(path), await stat(path)];
  const ended = await work();
  expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code });
  expect(await hashFile(path)).toBe(before);
  expect((await stat(path)).mtimeMs).toBe(mtimeMs);
  return ended;
}

test.each([
  ['gpt', gpt],
  ['mbr', mbr],
] as const)('onto a file that is not there yet, which becomes sparse: %s', async (_, shelf) => {
  expect((await stat(shelf.copy)).size).toBe(shelf.disk.size);
  expect(await allocatedBytes(shelf.copy)).toBeLessThan((await usedBytes(shelf.copy)) + mebi);
  await assertSound({ ...shelf.disk, path: shelf.copy });
  expect(await readTrees({ ...shelf.disk, path: shelf.copy })).toEqual(shelf.trees);
});

test('onto a blank file, without being asked', async () => {
  const path = scratch.at('blank.img');
  await holes(path, gpt.disk.size);
  expect(await restore(gpt, path)).toMatchObject({ code: 0, result: { disks: [{ wrote: 'whole' }] } });
  await sameBytes(path, gpt.copy);
});

test('not onto another disk, until that is wanted; then nothing of it is left to be found', async () => {
  const other = await makeDisk(scratch.at('other.img'), {
    table: 'gpt',
    size: gpt.disk.size,
    partitions: [
      { type: 'raw', size: 20 * mebi, label: 'secrets' },
      { type: 'ext4', size: 32 * mebi, label: 'stranger' },
      { type: 'swap', label: 'swapped' },
    ],
  });
  const { stderr } = await assertRefused(other.path, 14, () => restore(gpt, other.path, '--yes'));
  expect(stderr).toContain(other.path);
  expect(stderr).toContain('--recreate-disks');
  const unasked = await assertRefused(other.path, 2, () => restore(gpt, other.path, '--recreate-disks'));
  expect(unasked.stderr).toContain('--yes');
  expect(await restore(gpt, other.path, '--recreate-disks', '--yes')).toMatchObject({
    code: 0,
    result: { disks: [{ wrote: 'whole' }] },
  });
  await assertSound({ ...gpt.disk, path: other.path });
  expect(await readTrees({ ...gpt.disk, path: other.path })).toEqual(gpt.trees);
  await withLoop(other.path, { readOnly: true, offset: 21 * mebi }, async (device) => {
    expect((await attempt('blkid', '-p', device)).stdout).not.toContain('stranger');
  });
});

test('not onto unknown data', async () => {
  const path = scratch.at('unknown.img');
  await writeFile(path, noise('unknown', gpt.disk.size));
  await assertRefused(path, 14, () => restore(gpt, path, '--yes'));
});

test('not onto a smaller disk, whatever is wanted', async () => {
  const path = scratch.at('smaller.img');
  await holes(path, gpt.disk.size - 512);
  const { stderr } = await assertRefused(path, 14, () => restore(gpt, path, '--recreate-disks', '--yes'));
  expect(stderr).toContain(path);
  expect(stderr).toContain(String(gpt.disk.size));
});

test.each([
  ['gpt', gpt],
  ['mbr', mbr],
] as const)('onto a larger disk, whose end the table then knows: %s', async (table, shelf) => {
  const path = scratch.at(`larger-${table}.img`);
  await holes(path, shelf.disk.size + 33 * mebi);
  expect(await restore(shelf, path)).toMatchObject({ code: 0, result: { disks: [{ wrote: 'whole' }] } });
  const larger = { ...shelf.disk, path, size: shelf.disk.size + 33 * mebi };
  await assertSound(larger);
  expect(await readTrees(larger)).toEqual(shelf.trees);
  // The last megabyte is the table's; all between is there for a further partition.
  if (table === 'gpt') expect(await run('sgdisk', '--new=0:0:+30M', '--verify', path)).toContain('No problems found');
});

test('onto the same disk: only its volumes are written, and what the disk has beside them stays', async () => {
  const path = scratch.at('same.img');
  await copyImage(gpt.disk.path, path);
  const same = { ...gpt.disk, path };
  // Boot code of another system, and a volume that lost its files.
  const file = await open(path, 'r+');
  await file.write(noise('boot code', 440), 0, 440, 0);
  await file.close();
  await withVolume(same, 2, async (folder) => {
    await writeFile(`${folder}/later.bin`, noise('later', 4 * mebi));
    await run('sh', '-c', 'rm -r "$1"/folder*', 'sh', folder);
  });
  const unasked = await assertRefused(path, 2, () => restore(gpt, path));
  expect(unasked.stderr).toContain('--yes');
  expect(await restore(gpt, path, '--yes')).toMatchObject({ code: 0, result: { disks: [{ wrote: 'volumes' }] } });
  await assertSound(same);
  expect(await readTrees(same)).toEqual(gpt.trees);
  await run('cmp', '--bytes=440', path, await boot());
});

async function boot(): Promise<string> {
  const path = scratch.at('boot.bin');
  await writeFile(path, noise('boot code', 440));
  return path;
}

test('not onto a disk that is mounted, be it named by its file or by a device', async () => {
  // The target lies on no disk at all, so that only the mount can be in the way.
  const elsewhere = scratch.at('elsewhere');
  await mountTmpfs(elsewhere, 64 * mebi);
  await run('cp', '-a', `${scratch.at('gpt-target')}/.`, elsewhere);
  const shelf = { ...gpt, url: `dir:${elsewhere}` };
  const path = scratch.at('mounted.img');
  await copyImage(gpt.disk.path, path);
  const folder = scratch.at('mounted');
  const refusals: unknown[] = [];
  await withLoop(path, {}, async (device) => {
    const kind = (name: string): string => (name === path ? 'file' : 'device');
    for (const below of [device, path]) {
      const attempts = (): Promise<void> => tryBoth(kind(below));
      await withLoop(below, volume, (part) => withMount(part, folder, 'rw', attempts));
    }
    async function tryBoth(below: string): Promise<void> {
      for (const onto of [device, path]) {
        const { code, stderr } = await restore(shelf, onto, '--recreate-disks', '--yes');
        refusals.push({ below, onto: kind(onto), code, named: stderr.includes(onto) && stderr.includes(folder) });
      }
    }
  });
  expect(refusals).toEqual([
    { below: 'device', onto: 'device', code: 11, named: true },
    { below: 'device', onto: 'file', code: 11, named: true },
    { below: 'file', onto: 'device', code: 11, named: true },
    { below: 'file', onto: 'file', code: 11, named: true },
  ]);
  const mounted = { ...gpt.disk, path };
  await fsck(mounted, 2);
  expect(await readTrees(mounted)).toEqual(gpt.trees);
});

test('not onto the device that holds the backup', async () => {
  const image = scratch.at('holder.img');
  await copyImage(gpt.disk.path, image);
  const folder = scratch.at('holder');
  await withLoop(image, {}, (device) =>
    withLoop(device, volume, (part) =>
      withMount(part, folder, 'rw', async () => {
        await run('cp', '-a', `${scratch.at('gpt-target')}/.`, folder);
        const { code, stderr } = await restore({ ...gpt, url: `dir:${folder}` }, device, '--recreate-disks', '--yes');
        expect([11, 13]).toContain(code);
        expect(stderr).toContain(device);
      }),
    ),
  );
  await assertSound({ ...gpt.disk, path: image });
});
