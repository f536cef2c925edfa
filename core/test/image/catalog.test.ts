import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import { layerChain, listComputers, newestOf, readCatalog } from '../../src/image/catalog.js';
import { hasher } from '../hasher.js';
import { flipped } from '../hostile.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget, type MemoryTargetOptions } from '../memory-target.js';
import { diskRecord, key, layerEntry, names, objectsOf, runMark, versionId, versionRecord } from '../records.js';

const [one, two, three, four] = [versionId(1), versionId(2), versionId(3), versionId(4)];
const image = names.firstImage(key, 'vhd');
const read = (objects: Map<string, MemoryFile>, options?: MemoryTargetOptions) =>
  readCatalog(memoryTarget(objects, options), 'pc', hasher);

test('versions come oldest first, with the computer they are of', async () => {
  const computer = { format: 'sysimage-computer/1', name: 'PC', createdAt: '2026-01-01T00:00:00.000Z' };
  const objects = objectsOf({
    [names.version(two)]: versionRecord(two),
    [names.version(one)]: versionRecord(one),
    [names.computer]: computer,
  });
  const catalog = await read(objects);
  expect(catalog.versions.map(({ id }) => id)).toEqual([one, two]);
  expect(catalog).toMatchObject({ folder: 'pc', computer, lost: [], openRuns: [], staleRuns: [] });
});

test('an empty target has an empty catalog', async () => {
  expect(await read(new Map())).toMatchObject({
    computer: undefined,
    versions: [],
    lost: [],
    openRuns: [],
    staleRuns: [],
  });
});

test('a record that is damaged, foreign or of another name is lost, with its reason, and hides no other', async () => {
  const objects = objectsOf({
    [names.version(one)]: versionRecord(one),
    [names.version(two)]: versionRecord(versionId(9)),
    [names.version(three)]: { ...versionRecord(three), format: 'sysimage-version/2' },
    [names.version(four)]: versionRecord(four),
  });
  const whole = objects.get(names.version(four))?.bytes ?? new Uint8Array(0);
  objects.set(names.version(four), MemoryFile.of(flipped(whole, 2000)));
  objects.set(names.version(versionId(5)), MemoryFile.of(whole.slice(0, 100)));
  objects.set(names.version(versionId(6)), MemoryFile.of(new Uint8Array(0)));
  const catalog = await read(objects);
  expect(catalog.versions.map(({ id }) => id)).toEqual([one]);
  expect(catalog.lost.map(({ id }) => id)).toEqual([two, three, four, versionId(5), versionId(6)]);
  for (const [i, reason] of [/says that it is/u, /format/u, /digest/u, /digest/u, /digest/u].entries()) {
    expect(catalog.lost[i]?.reason).toMatch(reason);
  }
});

test('a record that the medium cannot read any more is lost, and hides no other', async () => {
  const objects = objectsOf({ [names.version(one)]: versionRecord(one), [names.version(two)]: versionRecord(two) });
  const catalog = await read(objects, {
    before: async (call, name) => {
      if (call === 'get' && name === names.version(one)) throw new SysimageError('corrupt', 'a bad sector');
    },
  });
  expect(catalog.versions.map(({ id }) => id)).toEqual([two]);
  expect(catalog.lost).toEqual([{ id: one, reason: expect.stringContaining('a bad sector') }]);
});

test('a target that is away is no empty target', async () => {
  const objects = objectsOf({ [names.version(one)]: versionRecord(one) });
  const before = async (call: string): Promise<void> => {
    if (call === 'get') throw new SysimageError('unavailable', 'the cable is out');
  };
  await expect(read(objects, { before })).rejects.toMatchObject({ code: 'unavailable' });
});

test('marks: with a record the run is committed, without one it is open, however damaged the mark', async () => {
  const disks = [{ key, image, layer: names.layer(key, one, two), base: one }];
  const objects = objectsOf({
    [names.version(one)]: versionRecord(one),
    [names.run(one)]: runMark(one, disks),
    [names.run(two)]: runMark(two, disks),
  });
  objects.set(names.run(three), MemoryFile.of(Uint8Array.of(1, 2, 3)));
  const catalog = await read(objects);
  expect(catalog.staleRuns).toEqual([one]);
  expect(catalog.openRuns).toMatchObject([
    { run: two, disks },
    { run: three, disks: [] },
  ]);
  expect(catalog.lost).toEqual([]);
});

test('a mark under the name of another run is not believed', async () => {
  const disks = [{ key, image, layer: names.layer(key, one, two), base: one }];
  const catalog = await read(
    objectsOf({
      [names.version(one)]: versionRecord(one),
      [names.version(two)]: versionRecord(two),
      [names.run(three)]: runMark(two, disks),
    }),
  );
  expect(catalog.openRuns).toMatchObject([{ run: three, disks: [] }]);
});

test('marks are read before records: a run that commits in between is seen as committed', async () => {
  const objects = objectsOf({ [names.version(one)]: versionRecord(one), [names.run(two)]: runMark(two, []) });
  const catalog = await read(objects, {
    before: async (call, name) => {
      if (call !== 'list' || name !== names.versions) return;
      for (const [record, file] of objectsOf({ [names.version(two)]: versionRecord(two) })) objects.set(record, file);
      objects.delete(names.run(two));
    },
  });
  expect(catalog.versions.map(({ id }) => id)).toEqual([one, two]);
  expect(catalog.openRuns).toEqual([]);
});

test('an object that goes between list and read never was', async () => {
  const objects = objectsOf({ [names.version(one)]: versionRecord(one), [names.run(two)]: runMark(two, []) });
  const catalog = await read(objects, {
    before: async (call, name) => {
      if (call === 'get' && name === names.run(two)) objects.delete(name);
    },
  });
  expect(catalog.openRuns).toEqual([]);
});

test('computers are found one by one, whatever lies in their folders', async () => {
  const objects = objectsOf({}, [
    'sysimage/a/versions/x.json',
    'sysimage/a/computer.json',
    'sysimage/a-b/computer.json',
    'sysimage/a.b/computer.json',
    'sysimage/ab/disk-x/image.vhd',
    'sysimage/zz/zz',
    'other/computer.json',
  ]);
  const calls: string[] = [];
  const target = memoryTarget(objects, { before: async (call) => void calls.push(call) });
  expect((await listComputers(target)).toSorted()).toEqual(['a', 'a-b', 'a.b', 'ab', 'zz']);
  expect(calls).toHaveLength(6);
});

test('a foreign folder with the last name there is does not hold up the search', async () => {
  const last = 'z'.repeat(64);
  const objects = objectsOf({}, [
    `sysimage/a/${last}/x`,
    `sysimage/a/${last}/y`,
    'sysimage/b/computer.json',
    `sysimage/${last}/x`,
  ]);
  let calls = 0;
  const target = memoryTarget(objects, {
    before: async () => {
      calls += 1;
      if (calls > 100) throw new SysimageError('internal', 'it runs in a circle');
    },
  });
  expect(await listComputers(target)).toEqual(['a', 'b', last]);
});

const history = [
  versionRecord(one),
  versionRecord(two, { disks: [diskRecord(two, { layers: [layerEntry(one, two)] })] }),
  versionRecord(three, { disks: [diskRecord(three, { layers: [layerEntry(one, two), layerEntry(two, three)] })] }),
] as const;

async function chainOf(id: string, more: Readonly<Record<string, object>>, others: readonly string[]) {
  const records = Object.fromEntries(history.map((record) => [names.version(record.id), record]));
  const target = memoryTarget(objectsOf({ ...records, ...more }, others));
  const catalog = await readCatalog(target, 'pc', hasher);
  const version = catalog.versions.find((one) => one.id === id) ?? history[0];
  return (await layerChain(target, catalog, version, key, image)).map(({ name, entry }) => [name, entry !== undefined]);
}
const layers = [names.layer(key, one, two), names.layer(key, two, three), names.layer(key, three, four)] as const;

test('a version is read through its own layer and every newer one, its own first', async () => {
  const there = layers.slice(0, 2);
  expect(await chainOf(one, {}, there)).toEqual([
    [layers[0], true],
    [layers[1], true],
  ]);
  expect(await chainOf(two, {}, there)).toEqual([[layers[1], true]]);
  expect(await chainOf(three, {}, there)).toEqual([]);
});

test('the layer of an open run comes last, for every version', async () => {
  const mark = { [names.run(four)]: runMark(four, [{ key, image, layer: layers[2], base: three }]) };
  expect(await chainOf(one, mark, layers)).toEqual([
    [layers[0], true],
    [layers[1], true],
    [layers[2], false],
  ]);
  expect(await chainOf(three, mark, layers)).toEqual([[layers[2], false]]);
});

test('so does the layer of an open run whose mark cannot be read', async () => {
  const mark = { [names.run(four)]: { nothing: 'known' } };
  expect(await chainOf(three, mark, layers)).toEqual([[layers[2], false]]);
});

test('what a rolled-back run left is read through without harm; layers of older bases are not', async () => {
  expect(await chainOf(three, {}, [...layers, names.layer(key, two, four)])).toEqual([[layers[2], false]]);
});

test('the newest version of an image, not of the computer', async () => {
  const other = names.image(key, four, 'vhd');
  const records = [
    ...history,
    versionRecord(four, {
      disks: [
        diskRecord(four, {
          image: { name: other, kind: 'in-place', format: 'vhd', size: 1, headerDigest: '0'.repeat(64) },
        }),
      ],
    }),
  ];
  const catalog = await read(
    objectsOf(Object.fromEntries(records.map((record) => [names.version(record.id), record]))),
  );
  expect(newestOf(catalog, image)?.id).toBe(three);
  expect(newestOf(catalog, other)?.id).toBe(four);
  expect(newestOf(catalog, names.image(key, one, 'vhd'))).toBeUndefined();
});
