import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { objectName } from '@sysimage/core';
import { createMemoryTarget } from '@sysimage/target-memory';
import { listAt, sysimageHere, textAt, ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;
const day = 86_400_000;

test.each([
  ['in place', () => createMemoryTarget()],
  ['whole objects', () => createMemoryTarget({ facets: [] })],
])('what no rule wants goes, what is freed is what was said, and the rest restores: %s', async (_name, open) => {
  const target = open();
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  const taken: { id: string; bytes: Uint8Array }[] = [];
  for (let round = 0; round < 6; round += 1) {
    for (let block = 60 + round; block < 900; block += 7) disk.fill(block, round + 1);
    for (let block = 900 + round * 40; block < 940 + round * 40; block += 1) disk.free(block);
    taken.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
    bench.fallAsleep(day);
  }
  const size = (): number => target.store.names().reduce((sum, name) => sum + target.store.bytes(name).length, 0);
  const rules = { last: 1, daily: 3 };
  const before = size();
  const plan = await bench.planPrune(target, rules);
  expect(size()).toBe(before);
  expect(plan.remove.map(({ id }) => id)).toEqual(taken.slice(0, 3).map(({ id }) => id));
  expect(plan.freed).toBeGreaterThan(0);
  await bench.prune(target, rules);
  expect(before - size()).toBe(plan.freed);
  for (const { id, bytes } of taken.slice(3)) expect(Buffer.compare(await bench.restore(target, id), bytes)).toBe(0);
  expect((await bench.verify(target)).damages).toEqual([]);
  expect((await bench.planPrune(target, rules)).remove).toEqual([]);
  // The next backup goes on where the newest was.
  disk.fill(100, 9);
  const next = await bench.backup(target, disk);
  expect(Buffer.compare(await bench.restore(target, next.id), disk.canonical())).toBe(0);
});

test('a version that cannot be restored any more takes no place of one that can', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = new ToyDisk(3 * mebibyte);
  const taken: { id: string; bytes: Uint8Array }[] = [];
  for (let round = 1; round <= 3; round += 1) {
    for (let block = 60; block < 200; block += round) disk.fill(block, round);
    taken.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
  }
  const [first, second, third] = taken;
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');
  const map = target.store.names().find((name) => name.endsWith('.map') && name.includes(third.id));
  await target.remove(objectName(map ?? ''));
  await bench.prune(target, { last: 1 });
  await expect(bench.restore(target, third.id)).rejects.toMatchObject({ code: 'corrupt' });
  expect(Buffer.compare(await bench.restore(target, second.id), second.bytes)).toBe(0);
  await expect(bench.restore(target, first.id)).rejects.toMatchObject({ code: 'not-found' });
});

test('what older versions are read through stays, and is named with the version that needs it', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  const ids: string[] = [];
  for (const [round, wait] of [0, 5, 5, 30].entries()) {
    bench.fallAsleep(wait * day);
    disk.fill(100, round + 1);
    ids.push((await bench.backup(target, disk)).id);
  }
  const [first, second, third, last] = ids;
  // The third is the last of its month. Nothing is read through the first, and the third is not read through the second.
  const monthly = await bench.planPrune(target, { monthly: 2 });
  expect(monthly.keep.map(({ version }) => version.id)).toEqual([third, last]);
  expect(monthly.held).toEqual([]);
  await bench.delete(target, [second ?? '']);
  const { held, remove, keep } = await bench.planPrune(target, { last: 1, yearly: 1, monthly: 9 });
  expect([keep.map(({ version }) => version.id), remove.map(({ id }) => id), held]).toEqual([
    [third, last],
    [first],
    [],
  ]);
});

test('a version between two that stay goes, and its layer is held by the older one where merging frees nothing', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  const taken: { id: string; bytes: Uint8Array }[] = [];
  for (let round = 0; round < 4; round += 1) disk.fill(100 + 20 * round, 2);
  for (const [round, wait] of [0, 31, 1, 31].entries()) {
    bench.fallAsleep(wait * day);
    disk.fill(100 + 20 * round, 1);
    taken.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
  }
  const [first, second] = taken;
  const plan = await bench.planPrune(target, { monthly: 3 });
  expect(plan.remove.map(({ id }) => id)).toEqual([second?.id]);
  const [held] = plan.held;
  expect(plan.held).toHaveLength(1);
  expect(held).toMatchObject({ of: second?.id, neededBy: first?.id });
  await bench.prune(target, { monthly: 3 });
  expect(target.store.bytes(held?.name ?? '').length).toBe(held?.size);
  expect(Buffer.compare(await bench.restore(target, first?.id ?? ''), first?.bytes ?? Buffer.of())).toBe(0);
});

test('the command shows what goes and why the rest stays, asks, and says what it freed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prune-'));
  try {
    const [disk, to] = [join(folder, 'disk.img'), `dir:${join(folder, 'backups')}`];
    const toy = new ToyDisk(4 * mebibyte);
    for (let round = 0; round < 3; round += 1) {
      toy.fill(100, round + 1);
      writeFileSync(disk, toy.bytes);
      await sysimageHere('backup', '-d', disk, '--to', to, '-c', 'desk');
    }
    const ids = async (): Promise<readonly unknown[]> =>
      listAt(await sysimageHere('versions', '--from', to, '--json'), 'versions').map((version) =>
        textAt(version, 'id'),
      );
    const all = await ids();
    const prune = (...args: readonly string[]): Promise<unknown> => sysimageHere('prune', '--from', to, ...args);
    const shown = await prune('--keep-last', '1', '--keep-yearly', 'all', '--plan', '--json');
    expect(shown).toMatchObject({ remove: all.slice(0, 2), deleted: false, keep: [{ reasons: ['last', 'yearly'] }] });
    await expect(prune('--keep-last', '1')).rejects.toThrow('Give --yes');
    await expect(prune('--yes')).rejects.toThrow('--keep-last');
    await expect(prune('--keep-last', '0', '--yes')).rejects.toThrow('no rule keeps anything');
    await expect(prune('--keep-daily', 'few', '--yes')).rejects.toThrow('It must be a number');
    expect(await ids()).toEqual(all);
    expect(await prune('--keep-last', '1', '--yes', '--json')).toMatchObject({
      remove: all.slice(0, 2),
      deleted: true,
    });
    expect(await ids()).toEqual(all.slice(2));
    expect(await prune('--keep-last', '1', '--yes', '--json')).toMatchObject({ remove: [], deleted: false });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
