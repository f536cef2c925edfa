import { afterAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDisks } from '@sysimage/block-device';
import { makeScratch, partitionOf, run, withLoop } from '@sysimage/fixtures';
import { at, attemptHere, listAt, settleSmall, unmount, withMount } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
/** Where temporary files do not lie in memory. */
const ground = await mkdtemp('/var/tmp/sysimage-place-');
afterAll(async () => {
  await rm(ground, { recursive: true });
  await scratch.remove();
});

async function withBind<T>(folder: string, view: string, work: () => Promise<T>): Promise<T> {
  await mkdir(view);
  await run('mount', '--bind', folder, view);
  try {
    return await work();
  } finally {
    await unmount(view);
  }
}

const check = (source: string, target: string, ...more: readonly string[]): ReturnType<typeof attemptHere> =>
  attemptHere('policy', 'check', '--disk', source, '--to', `dir:${target}`, '--computer', 'pc', '--json', ...more);

test('a backup into a volume that it takes is refused before anything is written, however the way leads there', async () => {
  const { disk } = await settleSmall(scratch.at('disk.img'));
  const mountPoint = scratch.at('volume');
  await withLoop(disk.path, {}, (device) =>
    withPartition(disk.path, mountPoint, async () => {
      const before = await readdir(mountPoint);
      const view = scratch.at('view');
      await withBind(mountPoint, view, async () => {
        for (const [source, target] of [
          [device, join(mountPoint, 'not', 'yet')],
          [disk.path, join(view, 'backups')],
        ] as const) {
          for (const command of [['backup'], ['policy', 'check']]) {
            const { code, stderr } = await attemptHere(
              ...command,
              '--disk',
              source,
              '--to',
              `dir:${target}`,
              '--allow-live',
            );
            expect({ code, stderr }).toEqual({
              code: 13,
              stderr: expect.stringContaining(`lies in partition 2 of ${source}`),
            });
            expect(stderr).toContain('--exclude 0:2');
          }
        }
        expect(await readdir(mountPoint)).toEqual(before);
        // A volume that is not taken may hold it.
        expect(await check(device, join(view, 'backups'), '--exclude', '0:2')).toMatchObject({ code: 0 });
      });
    }),
  );

  /** An image file in it is in it, too. */
  const inner = scratch.at('inner');
  await withPartition(disk.path, mountPoint, async () => {
    const image = join(mountPoint, 'inner.img');
    await makeExt4(image, 4 * mebi);
    await withLoop(image, {}, (loop) =>
      withMount(loop, inner, 'rw', async () => {
        expect(await check(disk.path, inner, '--allow-live')).toMatchObject({ code: 13 });
        expect(await check(image, scratch.at('elsewhere'), '--allow-live')).toMatchObject({ code: 0 });
      }),
    );
  });

  async function withPartition(path: string, folder: string, work: () => Promise<void>): Promise<void> {
    const { offset, size } = partitionOf(disk, 2);
    await withLoop(path, { offset, size }, (part) => withMount(part, folder, 'rw', work));
  }
});

test('the same physical disk is found through loop devices, bind mounts and btrfs of two devices', async () => {
  const source = join(ground, 'source.img');
  await makeExt4(source, 4 * mebi);
  const here = await createDisks().disksBelow(ground);
  const expected = !here.known ? 'unknown' : here.disks.length > 0 ? 'violation' : undefined;
  const outcomeOf = async (target: string, path = source): Promise<unknown> => {
    const { stdout } = await check(path, target);
    const result: unknown = JSON.parse(stdout);
    const finding = listAt(result, 'findings').find((each) => at(each, 'policy') === 'target/same-physical-disk');
    return finding === undefined ? undefined : at(finding, 'outcome');
  };
  expect(await outcomeOf(join(ground, 'beside'))).toBe(expected);
  await withLoop(source, { readOnly: true }, async (device) => {
    expect(await outcomeOf(join(ground, 'beside'), device)).toBe(expected);
  });
  const view = scratch.at('bound');
  await withBind(ground, view, async () => expect(await outcomeOf(join(view, 'x'))).toBe(expected));

  const images = ['first', 'second'].map((name) => join(ground, name));
  for (const path of images) await writeHoles(path, 120 * mebi);
  const [first = '', second = ''] = images;
  await withLoop(first, {}, (one) =>
    withLoop(second, {}, async (two) => {
      await run('mkfs.btrfs', '-q', one, two);
      const folder = scratch.at('btrfs');
      await mkdir(folder);
      await run('mount', two, folder);
      try {
        expect(await outcomeOf(folder)).toBe(expected);
      } finally {
        await unmount(folder);
      }
    }),
  );
  const memory = scratch.at('memory');
  await mkdir(memory);
  await run('mount', '-t', 'tmpfs', 'tmpfs', memory);
  try {
    expect(await outcomeOf(memory)).toBeUndefined();
  } finally {
    await unmount(memory);
  }
});

async function writeHoles(path: string, size: number): Promise<void> {
  await writeFile(path, '');
  await truncate(path, size);
}

async function makeExt4(path: string, size: number): Promise<void> {
  await writeHoles(path, size);
  await run('mkfs.ext4', '-q', '-F', path);
}
