import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCatalog } from '../../src/image/catalog.js';
import { compactedLayers } from '../../src/image/compactions.js';
import type { CompactionRecord } from '../../src/model/compaction-record.js';
import type { LayerEntry } from '../../src/model/version-record.js';
import { hasher } from '../hasher.js';
import { flipped } from '../hostile.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget } from '../memory-target.js';
import { diskRecord, key, layerEntry, names, objectsOf, versionId, versionRecord } from '../records.js';

const ids = Array.from({ length: 8 }, (_, i) => versionId(i));
const entry = (base: number, run: number): LayerEntry => layerEntry(ids[base] ?? '', ids[run] ?? '');
const range = (from: number, to: number): LayerEntry[] =>
  Array.from({ length: to - from }, (_, i) => entry(from + i, from + i + 1));

function record(base: number, run: number, extra: Partial<CompactionRecord> = {}): CompactionRecord {
  return {
    format: 'sysimage-compaction/1',
    id: versionId(30 + base, `aaa${run}`),
    createdAt: '2026-01-01T00:00:00.000Z',
    key,
    image: names.firstImage(key, 'vhd'),
    layer: entry(base, run),
    replaces: range(base, run),
    ...extra,
  };
}

test('merged layers take the place of what lies between their ends, in lists of any age', () => {
  expect(compactedLayers(range(0, 5), [record(1, 3)])).toEqual([entry(0, 1), entry(1, 3), entry(3, 4), entry(4, 5)]);
  // Merged again: the one that reaches further counts, whichever comes first, also where the list has the smaller one itself.
  const both = [record(1, 3), record(1, 4)];
  for (const some of [both, both.toReversed()]) {
    expect(compactedLayers(range(0, 5), some)).toEqual([entry(0, 1), entry(1, 4), entry(4, 5)]);
    expect(compactedLayers([entry(0, 1), entry(1, 3), entry(3, 4)], some)).toEqual([entry(0, 1), entry(1, 4)]);
    // After a roll-back to a version between them.
    expect(compactedLayers(range(0, 3), some)).toEqual([entry(0, 1), entry(1, 3)]);
    expect(compactedLayers(range(0, 2), some)).toEqual(range(0, 2));
  }
  expect(compactedLayers([entry(1, 3)], both)).toEqual([entry(1, 3)]);
  // Something is missing in between.
  expect(compactedLayers([entry(1, 2), entry(3, 4)], [record(1, 4)])).toEqual([entry(1, 2), entry(3, 4)]);
});

test('whatever merges there are: the ends of a list stay, and each layer follows the one before', () => {
  const pair = fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 7 })).filter(([base, run]) => run > base + 1);
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 6 }), fc.nat(6), (merges, from) => {
      const now = compactedLayers(
        range(from, 7),
        merges.map(([base, run]) => record(base, run)),
      );
      expect([now[0]?.base, now.at(-1)?.run]).toEqual([ids[from], ids[7]]);
      for (const [i, layer] of now.entries()) if (i > 0) expect(layer.base).toBe(now[i - 1]?.run);
    }),
  );
});

const newest = versionRecord(ids[4] ?? '', { disks: [diskRecord(ids[4] ?? '', { layers: range(0, 4) })] });

async function catalogOf(records: Readonly<Record<string, object>>, others: readonly string[]) {
  return readCatalog(memoryTarget(objectsOf({ [names.version(newest.id)]: newest, ...records }, others)), 'pc', hasher);
}

const layersOf = ({ versions }: Awaited<ReturnType<typeof catalogOf>>): readonly string[] =>
  versions[0]?.disks[0]?.layers.map(({ name }) => name) ?? [];
const namesFor = (entries: readonly LayerEntry[]): readonly string[] => entries.map(({ name }) => name);
const merged = [entry(0, 1), entry(1, 3), entry(3, 4)];

test('a compaction counts when its layer is there, or not all that it replaces', async () => {
  const one = { [names.compaction(record(1, 3).id)]: record(1, 3) };
  expect(layersOf(await catalogOf(one, namesFor(merged)))).toEqual(namesFor(merged));
  expect(layersOf(await catalogOf(one, namesFor([...merged, ...range(0, 4)])))).toEqual(namesFor(merged));
  expect(layersOf(await catalogOf(one, namesFor([entry(0, 1), entry(1, 2), entry(3, 4)])))).toEqual(namesFor(merged));
  expect(layersOf(await catalogOf(one, namesFor(range(0, 4))))).toEqual(namesFor(range(0, 4)));
  // What it replaces was replaced by another one, whose layer is there.
  const late = record(1, 3, {
    id: versionId(59),
    layer: { ...entry(1, 3), name: names.mergedLayer(key, ids[1] ?? '', ids[3] ?? '', versionId(59)) },
  });
  const two = { ...one, [names.compaction(late.id)]: late };
  expect(layersOf(await catalogOf(two, namesFor(merged)))).toEqual(namesFor(merged));
  const larger = { ...entry(1, 3), size: 2 };
  const cut = { [names.compaction(record(1, 3).id)]: record(1, 3, { layer: larger }) };
  expect(layersOf(await catalogOf(cut, namesFor([...merged, ...range(0, 4)])))).toEqual(namesFor(range(0, 4)));
});

test.each<readonly [string, object]>([
  ['of an unknown format', { format: 'sysimage-compaction/2' }],
  ['under another name', { id: ids[0] }],
  ['of another disk', { key: 'gpt-2' }],
  ['of a key that is a path', { key: '../pc/disk-gpt-1' }],
  ['with a layer of another name', { layer: { ...entry(1, 3), name: names.layer(key, ids[1] ?? '', ids[4] ?? '') } }],
  ['with a layer somewhere else', { layer: { ...entry(1, 3), name: 'sysimage/other/disk-gpt-1/layers/x.layer' } }],
  ['with a size that is no number', { layer: { ...entry(1, 3), size: 1e300 } }],
  ['of a single layer', { replaces: [entry(1, 3)] }],
  ['of layers that do not follow one another', { replaces: [entry(1, 2), entry(1, 3)] }],
  ['of layers that end elsewhere', { replaces: range(1, 4) }],
])('a record %s is not believed, and named', async (_what, extra) => {
  const { id } = record(1, 3);
  const catalog = await catalogOf({ [names.compaction(id)]: { ...record(1, 3), ...extra } }, namesFor(merged));
  expect(catalog.lostCompactions).toEqual([{ id, reason: expect.stringContaining(names.compaction(id)) }]);
  expect(layersOf(catalog)).toEqual(namesFor(range(0, 4)));
});

test('one of another image changes nothing; other files in the folder are somebody else’s', async () => {
  const other = record(1, 3, { image: names.image(key, ids[2] ?? '', 'vhd') });
  const catalog = await catalogOf({ [names.compaction(other.id)]: other }, [
    ...namesFor(merged),
    `${names.compactions}/note.json`,
  ]);
  expect([catalog.compactions.length, catalog.lostCompactions]).toEqual([1, []]);
  expect(layersOf(catalog)).toEqual(namesFor(range(0, 4)));
});

test('no damage to a record passes, and none hides the versions', async () => {
  const { id } = record(1, 3);
  const objects = objectsOf(
    { [names.version(newest.id)]: newest, [names.compaction(id)]: record(1, 3) },
    namesFor(merged),
  );
  const whole = objects.get(names.compaction(id))?.bytes ?? new Uint8Array(0);
  const damaged = fc.oneof(
    fc.nat(whole.length * 8 - 1).map((bit) => flipped(whole, bit)),
    fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
    fc.uint8Array({ maxLength: 300 }),
  );
  await fc.assert(
    fc.asyncProperty(damaged, async (bytes) => {
      objects.set(names.compaction(id), MemoryFile.of(bytes));
      const catalog = await readCatalog(memoryTarget(objects), 'pc', hasher);
      expect(catalog.lostCompactions.map((lost) => lost.id)).toEqual([id]);
      expect([catalog.versions.length, layersOf(catalog)]).toEqual([1, namesFor(range(0, 4))]);
    }),
    { numRuns: 200 },
  );
});
