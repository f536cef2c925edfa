import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createMemoryTarget } from '@sysimage/target-memory';
import { at, listAt, succeedHere, sysimageHere, textAt, ToyDisk, layeredShelf } from '../src/index.js';
import { idOf, memoryOf, namesOf, recordsOf, sizeOf } from './compaction.js';

const mebibyte = 1024 * 1024;

test('of the oldest version: what is freed at once is what was said', async () => {
  const { bench, target, versions } = await memoryOf(3);
  const [before, names] = [sizeOf(target), target.store.names()];
  const plan = await bench.planDeletion(target, [idOf(versions[0])]);
  expect([sizeOf(target), target.store.names()]).toEqual([before, names]);
  expect(plan).toMatchObject({ remove: [idOf(versions[0])], rolledBack: [], held: [], merges: [], freedByMerges: 0 });
  expect(plan.freed).toBeGreaterThan(0);
  await bench.delete(target, [idOf(versions[0])]);
  expect(before - sizeOf(target)).toBe(plan.freed);
});

test('of versions in the middle: what merging frees comes to it, or what stays is named', async () => {
  const { bench, target, versions } = await memoryOf(5);
  const doomed = [idOf(versions[2]), idOf(versions[1])];
  const before = sizeOf(target);
  const plan = await bench.planDeletion(target, doomed);
  expect(plan).toMatchObject({ remove: doomed.toReversed(), held: [], merges: [{ neededBy: idOf(versions[0]) }] });
  await bench.delete(target, doomed);
  const added = recordsOf(target).reduce((sum, name) => sum + target.store.bytes(name).length, 0);
  expect(before - sizeOf(target) + added).toBe(plan.freed + plan.freedByMerges);

  const small = createMemoryTarget();
  const disk = new ToyDisk(6 * mebibyte);
  const ids: string[] = [];
  for (let round = 0; round < 3; round += 1) disk.fill(100 + 20 * round, 2);
  for (let round = 0; round < 3; round += 1) {
    disk.fill(100 + 20 * round, 1);
    ids.push((await bench.backup(small, disk)).id);
  }
  const [first, second = ''] = ids;
  const { held, merges } = await bench.planDeletion(small, [second]);
  expect(merges).toEqual([]);
  expect(held).toMatchObject([{ of: second, neededBy: first }]);
});

test('of the newest version: refused as the deletion is, or its layer goes with it', async () => {
  const { bench, target, versions } = await memoryOf(3);
  const newest = idOf(versions[2]);
  await expect(bench.planDeletion(target, [newest])).rejects.toMatchObject({ code: 'invalid' });
  const plan = await bench.planDeletion(target, [newest], true);
  expect(plan).toMatchObject({ remove: [newest], rolledBack: [newest], held: [], merges: [] });
  const image = (): number => sizeOf(target, '.vhd');
  const [before, imageBefore] = [sizeOf(target), image()];
  await bench.delete(target, [newest], true);
  // How much shorter the image becomes is not part of it.
  expect(before - sizeOf(target) - (imageBefore - image())).toBe(plan.freed);
});

test('of a lost version, of all, of none that is there, and of discs', async () => {
  const { bench, target, versions } = await memoryOf(2);
  const record = namesOf(target, `${idOf(versions[0])}.json`)[0] ?? '';
  target.store.patch(record, 40, Uint8Array.of(0));
  const before = sizeOf(target);
  const plan = await bench.planDeletion(target, [idOf(versions[0])]);
  await bench.delete(target, [idOf(versions[0])]);
  expect(before - sizeOf(target)).toBe(plan.freed);
  const all = await bench.planDeletion(target, [idOf(versions[1])]);
  expect(all.freed).toBe(sizeOf(target) - sizeOf(target, 'computer.json'));
  await expect(bench.planDeletion(target, [idOf(versions[0])])).rejects.toMatchObject({ code: 'not-found' });
  const disc = createMemoryTarget({ facets: ['batch'], traits: { writeOnce: true } });
  const { id } = await bench.backup(disc, new ToyDisk(4 * mebibyte));
  await expect(bench.planDeletion(disc, [id])).rejects.toMatchObject({ code: 'unsupported' });
});

test('the command shows it in words and for programs, asks nothing, and changes nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'delete-'));
  try {
    const [disk, config] = [join(folder, 'disk.img'), layeredShelf(folder)];
    const toy = new ToyDisk(4 * mebibyte);
    for (let round = 0; round < 3; round += 1) {
      toy.fill(100, round + 1);
      writeFileSync(disk, toy.bytes);
      await sysimageHere('backup', '-d', disk, '--to', 'shelf', ...config, '-c', 'desk');
    }
    const ids = async (): Promise<readonly string[]> =>
      listAt(await sysimageHere('versions', '--from', 'shelf', ...config, '--json'), 'versions').map((one) =>
        textAt(one, 'id'),
      );
    const [first = '', second = '', third = ''] = await ids();
    const plan = (...args: readonly string[]): ReturnType<typeof succeedHere> =>
      succeedHere('delete', ...args, '--from', 'shelf', ...config, '--plan');
    const words = async (...args: readonly string[]): Promise<string> => (await plan(...args)).stderr;
    expect(await words(first, second)).toContain(`remove  ${first}`);
    expect(await words(first, second)).toMatch(/2 versions to go, which frees .*iB at once\./u);
    expect(await words(second)).toContain(`Afterwards 2 layers that ${first} is read through become one`);
    expect(await words(third, '--roll-back')).toContain('taken back to the version before');
    const { result } = await plan(first, '--json');
    expect(result).toMatchObject({ deleted: [], remove: [first], rolledBack: [], held: [], merges: [] });
    expect(at(result, 'freedBytes')).toBeGreaterThan(0);
    await expect(plan(third)).rejects.toThrow('Give --roll-back');
    expect(await ids()).toEqual([first, second, third]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
