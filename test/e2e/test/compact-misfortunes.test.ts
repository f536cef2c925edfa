import { expect, test } from '@jest/globals';
import { createMemoryTarget, MemoryStore } from '@sysimage/target-memory';
import { assertWhole, forget, idOf, memoryOf, namesOf, recordsOf, sizeOf, type Stored } from './compaction.js';

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

test('what the target did not keep as it was written takes no place of anything', async () => {
  const { bench, target, versions } = await memoryOf(4);
  await forget(target, versions[1], versions[2]);
  const { store } = target;
  const before: readonly string[] = namesOf(target, '.layer');
  const flipped = new Set<string>();
  const forgetful = createMemoryTarget({
    store,
    onCall: ({ operation, name }) => {
      // It is looked at for the first time when all of it was written.
      const isNew = name.endsWith('.layer') && !before.includes(name) && store.names().some((one) => one === name);
      if (operation !== 'stat' || !isNew || flipped.has(name)) return;
      flipped.add(name);
      const bytes = store.bytes(name).slice();
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      store.set(name, bytes);
    },
  });
  const { damaged, merges } = await bench.compact(forgetful);
  expect([damaged.length, merges]).toEqual([1, []]);
  expect([namesOf(target, '.layer'), recordsOf(target)]).toEqual([before, []]);
  await assertWhole(bench, target, [versions[0], versions[3]]);
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
