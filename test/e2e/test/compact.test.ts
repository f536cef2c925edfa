import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readCatalog, VersionReader } from '@sysimage/core';
import { createMemoryTarget } from '@sysimage/target-memory';
import { at, listAt, sysimageHere, textAt, ToyDisk, Workbench, layeredShelf } from '../src/index.js';
import {
  assertWhole,
  change,
  forget,
  idOf,
  memoryOf,
  namesOf,
  recordsOf,
  sizeOf,
  taken,
  type Taken,
} from './compaction.js';

const mebibyte = 1024 * 1024;
const day = 86_400_000;

test('what lies between two versions becomes one layer, and what nobody can read any more is given back', async () => {
  const { bench, target, versions } = await memoryOf(5);
  const [first, , , fourth, last] = versions;
  const before = sizeOf(target, '.layer');
  await forget(target, versions[1], versions[2]);
  const plan = await bench.planCompaction(target);
  expect(sizeOf(target, '.layer')).toBe(before);
  expect(plan.merges).toMatchObject([{ neededBy: idOf(first), freed: plan.freed }]);
  expect(plan.merges[0]?.layers).toHaveLength(3);
  expect(plan.freed).toBeGreaterThan(before / 4);
  expect(await bench.compact(target)).toEqual(plan);
  expect(before - sizeOf(target, '.layer')).toBe(plan.freed);
  expect(namesOf(target, '.layer')).toHaveLength(2);
  expect(recordsOf(target)).toHaveLength(1);
  await assertWhole(bench, target, [first, fourth, last]);
  expect((await bench.planCompaction(target)).merges).toEqual([]);
});

test('records stay as they were written, through later backups, merges and roll-backs', async () => {
  const { bench, target, versions, backUp } = await memoryOf(4);
  const [first, , , fourth] = versions;
  const record = namesOf(target, `${idOf(fourth)}.json`)[0] ?? '';
  const asWritten = target.store.bytes(record);
  await bench.delete(target, [idOf(versions[1]), idOf(versions[2])]);
  expect(namesOf(target, '.layer')).toHaveLength(1);
  const fifth = await backUp();
  const sixth = await backUp();
  await assertWhole(bench, target, [first, fourth, fifth, sixth]);
  // The merged layer is merged again with what follows; records older than that still speak of what it was made from.
  await bench.delete(target, [idOf(fifth)]);
  await assertWhole(bench, target, [first, fourth, sixth]);
  await bench.delete(target, [idOf(sixth)], true);
  expect(target.store.bytes(record)).toEqual(asWritten);
  await assertWhole(bench, target, [first, fourth]);
  const seventh = await backUp();
  await bench.delete(target, [idOf(fourth)]);
  expect([namesOf(target, '.layer').length, recordsOf(target).length]).toEqual([1, 1]);
  await assertWhole(bench, target, [first, seventh]);
  await bench.delete(target, [idOf(seventh)], true);
  expect([namesOf(target, '.layer').length, recordsOf(target).length]).toEqual([0, 0]);
  await assertWhole(bench, target, [first]);
});

test('where no grain would go, nothing is merged', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  const ids: string[] = [];
  for (let round = 0; round < 4; round += 1) disk.fill(100 + 64 * round, 2);
  for (let round = 0; round < 4; round += 1) {
    disk.fill(100 + 64 * round, 3);
    ids.push((await bench.backup(target, disk)).id);
  }
  await bench.delete(target, ids.slice(1, 3));
  expect([namesOf(target, '.layer').length, recordsOf(target).length]).toEqual([3, 0]);
  expect(await bench.compact(target)).toEqual({ merges: [], freed: 0, damaged: [] });
});

test('what only versions needed that are gone, goes, also where no other layer has it', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  const left: Taken[] = [];
  const ids: string[] = [];
  for (const pattern of [1, 2, 3]) {
    // Where the first image has no block: nothing had to be displaced for it.
    if (pattern > 1) for (let block = 320; block < 448; block += 1) disk.fill(block, pattern);
    const version = await bench.backup(target, disk);
    ids.push(version.id);
    if (pattern !== 2) left.push({ version, bytes: disk.canonical() });
  }
  const before = sizeOf(target, '.layer');
  await bench.delete(target, ids.slice(1, 2));
  expect(before - sizeOf(target, '.layer')).toBeGreaterThan(128 * 4096);
  await assertWhole(bench, target, left);
});

test('what is freed now, and what afterwards, is what the plan of a pruning says', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  for (const [round, wait] of [0, 31, 1, 1, 31].entries()) {
    bench.fallAsleep(wait * day);
    change(disk, round);
    await bench.backup(target, disk);
  }
  const before = sizeOf(target);
  const plan = await bench.planPrune(target, { monthly: 3 });
  expect(plan.remove).toHaveLength(2);
  expect(plan.merges).toHaveLength(1);
  expect(plan.held).toEqual([]);
  await bench.prune(target, { monthly: 3 });
  const record = recordsOf(target).reduce((sum, name) => sum + target.store.bytes(name).length, 0);
  expect(before - sizeOf(target) + record).toBe(plan.freed + plan.freedByMerges);
});

test('who reads an older version meanwhile does not notice', async () => {
  const { bench, target, versions } = await memoryOf(4);
  const [first] = versions;
  await forget(target, versions[1], versions[2]);
  const { hasher } = bench.services;
  const open = async (): Promise<VersionReader> => {
    const [version] = catalog.versions;
    const [disk] = version?.disks ?? [];
    if (version === undefined || disk === undefined) throw new Error('there is no version');
    return VersionReader.open(target, catalog, version, disk, hasher);
  };
  const catalog = await readCatalog(target, 'bench', hasher);
  const reader = await open();
  const grains = Math.floor((first?.bytes.length ?? 0) / 65_536);
  const read = async (from: VersionReader, grain: number): Promise<void> => {
    const bytes = new Uint8Array(65_536);
    await from.read(grain, bytes);
    expect(Buffer.compare(bytes, first?.bytes.subarray(grain * 65_536, (grain + 1) * 65_536) ?? bytes)).toBe(0);
  };
  for (let grain = 0; grain < grains / 2; grain += 1) await read(reader, grain);
  await bench.compact(target);
  for (let grain = 0; grain < grains; grain += 1) await read(reader, grain);
  await reader.close();
  // Somebody looked at what there is, and opens it only now.
  const late = await open();
  for (let grain = 0; grain < grains; grain += 1) await read(late, grain);
  await late.close();
});

test('whole objects have no layers', async () => {
  const target = createMemoryTarget({ facets: [] });
  const { bench, versions } = await taken(3, target);
  await bench.delete(target, [idOf(versions[1])]);
  expect((await bench.planCompaction(target)).merges).toEqual([]);
  await expect(bench.compact(target)).rejects.toMatchObject({ code: 'unsupported' });
});

test('the command shows what is merged, merges it, and says what it freed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'compact-'));
  try {
    const [disk, config] = [join(folder, 'disk.img'), layeredShelf(folder)];
    const toy = new ToyDisk(4 * mebibyte);
    for (let round = 0; round < 4; round += 1) {
      for (let block = 64; block < 400; block += 1) toy.fill(block, round + 1);
      for (let block = 512 + 16 * round; block < 528 + 16 * round; block += 1) toy.fill(block, round + 1);
      writeFileSync(disk, toy.bytes);
      await sysimageHere('backup', '-d', disk, '--to', 'shelf', ...config, '-c', 'desk');
    }
    const versions = listAt(await sysimageHere('versions', '--from', 'shelf', ...config, '--json'), 'versions');
    const ids = versions.map((version) => textAt(version, 'id'));
    const [first = '', second = ''] = ids;
    const compact = (...args: readonly string[]): Promise<unknown> =>
      sysimageHere('compact', '--from', 'shelf', ...config, ...args);
    expect(await compact('--plan', '--json')).toMatchObject({ merges: [], compacted: false, exitCode: 0 });
    rmSync(join(folder, 'backups', 'sysimage', 'desk', 'versions', `${second}.json`));
    const plan = await compact('--plan', '--json');
    expect(plan).toMatchObject({ compacted: false, merges: [{ neededBy: first }] });
    const done = await compact('--json');
    expect(done).toMatchObject({ compacted: true, merges: [{ neededBy: first }] });
    expect(at(done, 'freedByMerges')).toBe(at(plan, 'freedByMerges'));
    expect(Number(at(done, 'freedByMerges'))).toBeGreaterThan(64 * 336 * 16);
    expect(await compact('--json')).toMatchObject({ merges: [], freedByMerges: 0 });
    expect(await sysimageHere('verify', '--from', 'shelf', ...config, '--json')).toMatchObject({ exitCode: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
