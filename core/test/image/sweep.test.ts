import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import { readCatalog } from '../../src/image/catalog.js';
import { sweep } from '../../src/image/sweep.js';
import type { VersionRecord } from '../../src/model/version-record.js';
import { hasher } from '../hasher.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget, type MemoryTargetOptions } from '../memory-target.js';
import { diskRecord, key, layerEntry, names, objectsOf, runMark, versionId, versionRecord } from '../records.js';

const [one, two, three, cut] = [versionId(1), versionId(2), versionId(3), versionId(4)];
const image = names.firstImage(key, 'vhd');
const history = [
  versionRecord(one),
  versionRecord(two, { disks: [diskRecord(two, { layers: [layerEntry(one, two)] })] }),
  versionRecord(three, { disks: [diskRecord(three, { layers: [layerEntry(one, two), layerEntry(two, three)] })] }),
] as const;
const layers = [names.layer(key, one, two), names.layer(key, two, three)];
const maps = (id: string): string[] => [names.allocation(key, id), names.shard(key, id, 0)];
const rubbish = [
  names.image(key, cut, 'vhd'),
  names.layer(key, three, cut),
  ...maps(cut),
  `${names.disk('gone')}/image.vhd`,
];
const all = [image, ...layers, ...maps(one), ...maps(two), ...maps(three)];

function objectsWith(versions: readonly VersionRecord[], more: Readonly<Record<string, object>> = {}) {
  const records = Object.fromEntries(versions.map((record) => [names.version(record.id), record]));
  return objectsOf({ ...records, ...more }, [...all, ...rubbish, 'sysimage/other/disk-x/image.vhd']);
}

async function swept(objects: Map<string, MemoryFile>, options?: MemoryTargetOptions): Promise<readonly string[]> {
  const before = new Set(objects.keys());
  const target = memoryTarget(objects, options);
  await sweep(target, await readCatalog(target, 'pc', hasher), undefined);
  for (const name of objects.keys()) before.delete(name);
  return [...before].toSorted();
}

test('what no version refers to goes, and nothing else', async () => {
  expect(await swept(objectsWith(history))).toEqual(rubbish.toSorted());
});

test('records, marks and other computers are never touched', async () => {
  const objects = objectsWith([], { [names.lease('x')]: { a: 1 }, [names.computer]: { b: 2 } });
  expect(await swept(objects)).toEqual([...all, ...rubbish].toSorted());
  expect([...objects.keys()].toSorted()).toEqual(['sysimage/other/disk-x/image.vhd', names.computer, names.lease('x')]);
});

test('nothing goes while a record is lost', async () => {
  const objects = objectsWith(history);
  objects.set(names.version(two), MemoryFile.of(Uint8Array.of(7)));
  expect(await swept(objects)).toEqual([]);
});

test('nothing goes while a run is open, even one whose mark cannot be read', async () => {
  expect(await swept(objectsWith(history, { [names.run(cut)]: runMark(cut, []) }))).toEqual([]);
  expect(await swept(objectsWith(history, { [names.run(cut)]: { nothing: 'known' } }))).toEqual([]);
});

test('the mark of a committed run does not stop it', async () => {
  const mark = { [names.run(three)]: runMark(three, []) };
  expect(await swept(objectsWith(history, mark))).toEqual(rubbish.toSorted());
});

test('nothing goes on a medium that cannot give anything back', async () => {
  expect(await swept(objectsWith(history), { traits: { writeOnce: true } })).toEqual([]);
});

test('the layer of a deleted version stays while an older one needs it', async () => {
  expect(await swept(objectsWith([history[0], history[2]]))).toEqual([...maps(two), ...rubbish].toSorted());
});

test('a layer that only deleted versions needed goes', async () => {
  expect(await swept(objectsWith([history[1], history[2]]))).toEqual(
    [layers[0] ?? '', ...maps(one), ...rubbish].toSorted(),
  );
  expect(await swept(objectsWith([history[2]]))).toEqual(
    [...layers, ...maps(one), ...maps(two), ...rubbish].toSorted(),
  );
});

test('layers go last, so that a cut sweep leaves nothing that cannot be read', async () => {
  const removed: string[] = [];
  await swept(objectsWith([history[2]]), {
    before: async (call, name) => {
      if (call === 'remove') removed.push(name);
    },
  });
  const first = removed.findIndex((name) => name.endsWith('.layer'));
  expect(first).toBeGreaterThan(0);
  expect(removed.slice(first).every((name) => name.endsWith('.layer'))).toBe(true);
});

test('cut at any point and done again, it ends the same', async () => {
  for (let allowed = 0; allowed < 9; allowed += 1) {
    const objects = objectsWith([history[0], history[2]]);
    let count = 0;
    const before = async (call: string): Promise<void> => {
      if (call !== 'remove') return;
      count += 1;
      if (count > allowed) throw new SysimageError('unavailable', 'the power is out');
    };
    await swept(objects, { before }).catch(() => undefined);
    await swept(objects);
    expect([...objects.keys()].toSorted()).toEqual(
      [
        names.version(one),
        names.version(three),
        image,
        ...layers,
        ...maps(one),
        ...maps(three),
        'sysimage/other/disk-x/image.vhd',
      ].toSorted(),
    );
  }
});

const merged = names.layer(key, one, three);
const compaction = {
  format: 'sysimage-compaction/1',
  id: versionId(50),
  createdAt: '2026-01-01T00:00:00.000Z',
  key,
  image,
  layer: layerEntry(one, three),
  replaces: [layerEntry(one, two), layerEntry(two, three)],
};
const recordOfMerge = names.compaction(compaction.id);

/** The second version is gone, and what lay around it is one layer. */
function mergedObjects(): Map<string, MemoryFile> {
  const objects = objectsWith([history[0], history[2]], { [recordOfMerge]: compaction });
  objects.set(merged, MemoryFile.of(Uint8Array.of(1)));
  return objects;
}

test('what a merged layer took the place of goes, and with the layer at last its record', async () => {
  const objects = mergedObjects();
  expect(await swept(objects)).toEqual([...layers, ...maps(two), ...rubbish].toSorted());
  objects.delete(names.version(one));
  expect(await swept(objects)).toEqual([merged, recordOfMerge, ...maps(one)].toSorted());
});

test('a layer that nobody can tell the use of stays while what it reaches over is missing', async () => {
  for (const damage of ['removed', 'unreadable']) {
    const objects = mergedObjects();
    await swept(objects);
    if (damage === 'removed') objects.delete(recordOfMerge);
    else objects.set(recordOfMerge, MemoryFile.of(Uint8Array.of(7)));
    objects.set(names.layer(key, three, cut), MemoryFile.of(Uint8Array.of(1)));
    expect(await swept(objects)).toEqual([names.layer(key, three, cut)]);
    // With the oldest version goes what it was read through.
    objects.delete(names.version(one));
    const left = damage === 'removed' ? [] : [recordOfMerge];
    expect(await swept(objects)).toEqual([merged, ...left, ...maps(one)].toSorted());
  }
});
