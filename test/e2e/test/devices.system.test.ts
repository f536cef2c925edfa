import { afterAll, expect, test } from '@jest/globals';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { copyImage, fsck, makeScratch, partitionOf, run, sameBytes, withLoop } from '@sysimage/fixtures';
import {
  assertNothingInvented,
  assertSound,
  at,
  attemptHere,
  listAt,
  mountTmpfs,
  readTrees,
  settleSmall,
  succeedHere,
  withMount,
  type Said,
} from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const { disk, trees } = await settleSmall(scratch.at('disk.img'));
const { offset, size } = partitionOf(disk, 2);
const volume = { offset, size };
/** On no disk, so that a device whose file lies beside it is not taken for the one that holds the backup. */
const elsewhere = scratch.at('elsewhere');
await mountTmpfs(elsewhere, 256 * mebi);

async function makeHoles(path: string, size: number): Promise<string> {
  await writeFile(path, '');
  await truncate(path, size);
  return path;
}

test('from a device onto a device, and the same from its file', async () => {
  const target = `dir:${elsewhere}/devices`;
  await withLoop(disk.path, { readOnly: true }, (source) =>
    succeedHere('backup', '--disk', source, '--to', target, '-c', 'pc'),
  );
  const copy = scratch.at('copy.img');
  await succeedHere('restore', 'latest', '--from', target, '--disk', copy);
  await assertNothingInvented(copy, disk.path);

  const second = await makeHoles(scratch.at('second.img'), disk.size);
  await withLoop(second, {}, (destination) =>
    succeedHere('restore', 'latest', '--from', target, '--disk', destination),
  );
  await sameBytes(second, copy);
  await assertSound({ ...disk, path: second });
  expect(await readTrees({ ...disk, path: second })).toEqual(trees);

  // The disk is known by its identity, not by its path: nothing changed.
  const { result } = await succeedHere('backup', '--disk', disk.path, '--to', target, '--computer', 'pc', '--json');
  expect(result).toMatchObject({ version: { disks: [{ changedBytes: 0, displacedBytes: 0 }] } });
});

test('onto a larger device, and not onto a smaller one or one with other sectors', async () => {
  const target = `dir:${elsewhere}/sizes`;
  await succeedHere('backup', '--disk', disk.path, '--to', target, '--computer', 'pc');
  const larger = await makeHoles(scratch.at('larger.img'), disk.size + 16 * mebi);
  await withLoop(larger, {}, (device) => succeedHere('restore', 'latest', '--from', target, '--disk', device));
  await assertSound({ ...disk, path: larger, size: disk.size + 16 * mebi });
  expect(await readTrees({ ...disk, path: larger })).toEqual(trees);

  const smaller = await makeHoles(scratch.at('smaller.img'), disk.size - mebi);
  const other = await makeHoles(scratch.at('other.img'), disk.size);
  for (const [path, options] of [
    [smaller, {}],
    [other, { sectorSize: 4096 }],
  ] as const) {
    const { code, stderr, device } = await withLoop(path, options, async (loop) => ({
      ...(await attemptHere('restore', 'latest', '--from', target, '--disk', loop, '--recreate-disks', '--yes')),
      device: loop,
    }));
    expect({ code, stderr }).toEqual({ code: 14, stderr: expect.stringContaining(device) });
    await run('cmp', `--bytes=${disk.size - mebi}`, path, '/dev/zero');
  }
});

test('onto a device whose file lies beside the target, on the same physical disk', async () => {
  const target = `dir:${scratch.at('beside')}`;
  await succeedHere('backup', '--disk', disk.path, '--to', target, '--computer', 'pc');
  const path = await makeHoles(scratch.at('beside.img'), disk.size);
  const { code, stderr } = await withLoop(path, {}, (device) =>
    attemptHere('restore', 'latest', '--from', target, '--disk', device),
  );
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(await readTrees({ ...disk, path })).toEqual(trees);
});

test.each(['device', 'file'] as const)(
  'a volume that is in use, mounted through its %s, is taken only when that is wanted',
  async (through) => {
    const target = `dir:${elsewhere}/live-${through}`;
    const path = scratch.at(`live-${through}.img`);
    await copyImage(disk.path, path);
    const folder = scratch.at(`live-${through}`);
    const backUp = (source: string, ...more: readonly string[]): Promise<Said> =>
      attemptHere('backup', '--disk', source, '--to', target, '-c', 'pc', '--json', '--snapshot', 'none', ...more);
    await withLoop(path, {}, (device) =>
      withLoop(through === 'device' ? device : path, volume, async (part) => {
        await withMount(part, folder, 'rw', async () => {
          await writeFile(`${folder}/written now.txt`, 'while mounted\n');
          await run('sync', '--file-system', folder);
          for (const source of [device, path]) {
            const refused = await backUp(source);
            expect({ code: refused.code, source }).toEqual({ code: 13, source });
            expect(refused.stderr).toContain(folder);
            expect(refused.stderr).toContain('--allow-live');
            expect(refused.events.map((event) => at(event, 'finding', 'policy'))).toContain('source/live-volume');
          }
          const { code, result } = await backUp(device, '--allow-live');
          expect({ code, consistency: at(result, 'version', 'consistency') }).toEqual({ code: 0, consistency: 'live' });
          const volumes = listAt(result, 'version', 'disks', 0, 'volumes');
          expect(volumes).toMatchObject([{ consistency: 'clean' }, { consistency: 'live', copied: 'whole' }]);
        });
        // Nobody can write to it.
        await withMount(part, folder, 'ro', async () => expect(await backUp(device)).toMatchObject({ code: 0 }));
      }),
    );
    const restored = { ...disk, path: scratch.at(`live-${through} restored.img`) };
    await succeedHere('restore', 'latest', '--from', target, '--disk', restored.path);
    await fsck(restored, 2);
    const files = (await readTrees(restored)).get(2);
    for (const [name, digest] of trees.get(2) ?? []) expect(files?.get(name)).toBe(digest);
    expect(files?.has('written now.txt')).toBe(true);
    await rm(restored.path);
  },
);
