import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { objectName, readCatalog, VersionReader, type Target, type VersionRecord } from '@sysimage/core';
import { createMemoryTarget, MemoryStore } from '@sysimage/target-memory';
import { at, listAt, sysimageHere, textAt, ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;
const day = 86_400_000;

interface Taken {
  readonly version: VersionRecord;
  readonly bytes: Uint8Array;
}

/** Blocks that all rounds change, blocks of its own, some that come, and some that go. */
function change(disk: ToyDisk, round: number): void {
  for (let block = 60; block < 400; block += 9) disk.fill(block, round + 1);
  for (let block = 400 + round * 48; block < 432 + round * 48; block += 1) disk.fill(block, round + 1);
  for (let block = 64 + round * 16; block < 72 + round * 16; block += 1) disk.free(block);
}

async function taken(count: number, target: Target = createMemoryTarget()) {
  const bench = new Workbench();
  const disk = new ToyDisk(6 * mebibyte);
  const versions: Taken[] = [];
  const backUp = async (): Promise<Taken> => {
    change(disk, versions.length);
    const one = { version: await bench.backup(target, disk), bytes: disk.canonical() };
    versions.push(one);
    return one;
  };
  for (let i = 0; i < count; i += 1) await backUp();
  return { bench, target, versions, backUp };
}

async function memoryOf(count: number) {
  const target = createMemoryTarget();
  return { ...(await taken(count, target)), target };
}

interface Stored {
  readonly store: MemoryStore;
}

const sizeOf = ({ store }: Stored, ending = ''): number =>
  store
    .names()
    .filter((name) => name.endsWith(ending))
    .reduce((sum, name) => sum + store.bytes(name).length, 0);
const namesOf = ({ store }: Stored, ending: string): readonly string[] =>
  store.names().filter((name) => name.endsWith(ending));
const recordsOf = (target: Stored): readonly string[] =>
  target.store.names().filter((name) => name.includes('/compactions/'));
const idOf = (one: Taken | undefined): string => one?.version.id ?? '';

/** Its record goes, and nothing else: what a deletion leaves that is cut at once. */
async function forget(target: Target, ...gone: readonly (Taken | undefined)[]): Promise<void> {
  for (const one of gone) await target.remove(objectName('sysimage', 'bench', 'versions', `${idOf(one)}.json`));
}

async function assertWhole(bench: Workbench, target: Target, left: readonly (Taken | undefined)[]): Promise<void> {
  for (const one of left)
    expect([idOf(one), Buffer.compare(await bench.restore(target, idOf(one)), one?.bytes ?? Buffer.of())]).toEqual([
      idOf(one),
      0,
    ]);
  const { damages, versions } = await bench.verify(target);
  expect([damages, versions.map(({ id }) => id)]).toEqual([[], left.map(idOf)]);
}

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

test('the record of one who had lost the lease counts for nothing while its layer is not there', async () => {
  const { bench, target, versions } = await memoryOf(4);
  await forget(target, versions[1], versions[2]);
  const before = new Map(target.store.names().map((name) => [name, target.store.bytes(name).slice()]));
  await bench.compact(target);
  const [record = ''] = recordsOf(target);
  const late = target.store.bytes(record).slice();
  // The layers are there again, the merged one was swept away, and then the record comes.
  const again = createMemoryTarget();
  for (const [name, bytes] of before) again.store.set(name, bytes);
  again.store.set(record, late);
  const left = [versions[0], versions[3]];
  await assertWhole(bench, again, left);
  await bench.compact(again);
  expect(recordsOf(again)).not.toEqual([record]);
  expect([recordsOf(again).length, namesOf(again, '.layer').length]).toEqual([1, 1]);
  await assertWhole(bench, again, left);
  // It comes later still: the layers are gone, because another one has taken their place.
  again.store.set(record, late);
  await assertWhole(bench, again, left);
  await bench.compact(again);
  expect([recordsOf(again).length, namesOf(again, '.layer').length]).toEqual([1, 1]);
  await assertWhole(bench, again, left);
});

test('layers that come back, or of which some did not go, are not read and go again', async () => {
  const { bench, target, versions, backUp } = await memoryOf(4);
  await forget(target, versions[1], versions[2]);
  const layers = new Map(namesOf(target, '.layer').map((name) => [name, target.store.bytes(name).slice()]));
  await bench.compact(target);
  for (const back of [[...layers], [...layers].slice(1), [...layers].slice(0, 2)]) {
    for (const [name, bytes] of back) target.store.set(name, bytes);
    await assertWhole(bench, target, [versions[0], versions[3]]);
    await bench.compact(target);
    expect(namesOf(target, '.layer')).toHaveLength(1);
  }
  for (const [name, bytes] of layers) target.store.set(name, bytes);
  const next = await backUp();
  await assertWhole(bench, target, [versions[0], versions[3], next]);
});

test('a grain that is damaged stays where it is, with its layer', async () => {
  const { bench, target, versions } = await memoryOf(4);
  await forget(target, versions[1], versions[2]);
  const [name = ''] = namesOf(target, '.layer');
  const bytes = target.store.bytes(name).slice();
  // In what was displaced first, behind the header of the image and the table of the batch.
  const damagedAt = bytes.findLastIndex((byte, offset) => offset < bytes.length / 2 && byte !== 0);
  bytes[damagedAt] = (bytes[damagedAt] ?? 0) ^ 1;
  target.store.set(name, bytes);
  const before = namesOf(target, '.layer');
  const { damaged, merges } = await bench.compact(target);
  expect([damaged.length, merges]).toEqual([1, []]);
  expect(damaged[0]?.reason).toContain(name);
  expect([namesOf(target, '.layer'), recordsOf(target)]).toEqual([before, []]);
});

/** The same objects where there is room for so many bytes more. */
function tight(target: Stored, room: number) {
  const store = new MemoryStore({ capacity: sizeOf(target) + room });
  for (const name of target.store.names()) store.set(name, target.store.bytes(name));
  return createMemoryTarget({ store });
}

test('without room for the merged layer nothing is touched; after a deletion that is told, and ends nothing', async () => {
  const { bench, target, versions } = await memoryOf(4);
  const full = tight(target, 16_384);
  await bench.delete(full, [idOf(versions[1])]);
  const told = bench.events.flatMap((event) => (event.event === 'finding' ? [event.finding.policy] : []));
  expect(told).toContain('target/not-compacted');
  expect(namesOf(full, '.layer')).toHaveLength(3);
  await expect(bench.compact(full)).rejects.toMatchObject({ code: 'no-space' });
  expect(namesOf(full, '.layer')).toHaveLength(3);
  await assertWhole(bench, full, [versions[0], versions[2], versions[3]]);
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
    const [disk, to] = [join(folder, 'disk.img'), `dir:${join(folder, 'backups')}`];
    const toy = new ToyDisk(4 * mebibyte);
    for (let round = 0; round < 4; round += 1) {
      for (let block = 64; block < 400; block += 1) toy.fill(block, round + 1);
      for (let block = 512 + 16 * round; block < 528 + 16 * round; block += 1) toy.fill(block, round + 1);
      writeFileSync(disk, toy.bytes);
      await sysimageHere('backup', '-d', disk, '--to', to, '-c', 'desk');
    }
    const versions = listAt(await sysimageHere('versions', '--from', to, '--json'), 'versions');
    const ids = versions.map((version) => textAt(version, 'id'));
    const [first = '', second = ''] = ids;
    const compact = (...args: readonly string[]): Promise<unknown> => sysimageHere('compact', '--from', to, ...args);
    expect(await compact('--plan', '--json')).toMatchObject({ merges: [], compacted: false, exitCode: 0 });
    rmSync(join(folder, 'backups', 'sysimage', 'desk', 'versions', `${second}.json`));
    const plan = await compact('--plan', '--json');
    expect(plan).toMatchObject({ compacted: false, merges: [{ neededBy: first }] });
    const done = await compact('--json');
    expect(done).toMatchObject({ compacted: true, merges: [{ neededBy: first }] });
    expect(at(done, 'freedByMerges')).toBe(at(plan, 'freedByMerges'));
    expect(Number(at(done, 'freedByMerges'))).toBeGreaterThan(64 * 336 * 16);
    expect(await compact('--json')).toMatchObject({ merges: [], freedByMerges: 0 });
    expect(await sysimageHere('verify', '--from', to, '--json')).toMatchObject({ exitCode: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
