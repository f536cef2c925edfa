import { expect, test } from '@jest/globals';
import { readCatalog } from '@sysimage/core';
import { createMemoryTarget, failFrom, recordCalls, type MemoryCall } from '@sysimage/target-memory';
import { ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;

function same(found: Uint8Array, wanted: Uint8Array): void {
  if (Buffer.compare(found, wanted) === 0) return;
  throw new Error(`differs at byte ${found.findIndex((byte, i) => byte !== wanted[i])}`);
}

function smallDisk(pattern = 5): ToyDisk {
  const disk = new ToyDisk(6 * mebibyte);
  for (let block = 100; block < 500; block += 3) disk.fill(block, pattern);
  return disk;
}

const findingsOf = (bench: Workbench): string[] =>
  bench.events.flatMap((event) => (event.event === 'finding' ? [event.finding.policy] : []));

test('a volume that changes while it is read is no version: its map of blocks in use is stale', async () => {
  const bench = new Workbench();
  const disk = smallDisk();
  const target = createMemoryTarget({
    onCall: ({ operation }) => {
      if (operation === 'write') disk.fill(700, 9);
    },
  });
  await expect(bench.backup(target, disk)).rejects.toMatchObject({ code: 'busy', retry: 'later' });
  const { versions } = await readCatalog(target, 'bench', bench.services.hasher);
  expect(versions).toEqual([]);
});

test('a restore that was cut does not look like a disk with the recorded layout', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = smallDisk();
  // The last MiB lies behind the partition: whoever writes only volumes leaves it out.
  new DataView(disk.bytes.buffer).setUint32(446 + 12, disk.bytes.length / 512 - 4096, true);
  disk.bytes.fill(7, disk.bytes.length - 4096);
  const { id } = await bench.backup(target, disk);
  for (let cut = 1; cut < 400; cut += 1) {
    bench.disks.disks.set('restored.img', new Uint8Array(disk.bytes.length + mebibyte));
    let writes = 0;
    bench.disks.onWrite = () => {
      writes += 1;
      if (writes >= cut) throw new Error('killed');
    };
    const whole = await bench.restoreOver(target, id).then(
      () => true,
      () => false,
    );
    bench.disks.onWrite = () => undefined;
    if (!whole) {
      const again = await bench.restoreOver(target, id).catch((error: unknown) => error);
      if (again !== undefined) await bench.restoreOver(target, id, true);
    }
    same((bench.disks.disks.get('restored.img') ?? new Uint8Array(0)).subarray(0, disk.bytes.length), disk.bytes);
    if (whole) return;
  }
  throw new Error('the restore never got through');
});

test('a disk that is unplugged in the middle is no version of zeros', async () => {
  const bench = new Workbench();
  const disk = smallDisk();
  const target = createMemoryTarget({
    onCall: ({ operation, name }) => {
      // The mark is put when the disk was looked at, and before it is read.
      if (operation === 'put' && name.includes('/runs/'))
        bench.disks.bad.set('disk.img', { start: 0, end: disk.bytes.length });
    },
  });
  await expect(bench.backup(target, disk)).rejects.toMatchObject({ code: 'unavailable' });
});

test('single version: what has holes does not take the place of what is whole', async () => {
  for (const facets of [['random', 'capacity'], []] as const) {
    const bench = new Workbench();
    const target = createMemoryTarget({ facets, traits: { singleVersion: true } });
    const disk = smallDisk();
    const one = await bench.backup(target, disk);
    const first = disk.canonical();
    bench.disks.bad.set('disk.img', { start: disk.offsetOf(301), end: disk.offsetOf(302) });
    disk.fill(400, 9);
    await bench.backup(target, disk);
    same(await bench.restore(target, one.id), first);
    same(await bench.restore(target, 'latest'), first);
  }
});

test('a target that cannot write in place any more does not throw the undo journal away', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget({ volatile: true });
  const disk = smallDisk();
  const one = await bench.backup(target, disk);
  const first = disk.canonical();
  for (let block = 100; block < 500; block += 5) disk.fill(block, 8);
  const record = recordCalls();
  await bench.backup(
    createMemoryTarget({ store: target.store.powerCut({ keep: 'all' }), onCall: record.onCall }),
    disk,
  );
  const late = record.changes().findLast(({ operation }) => operation === 'write');
  const dying = createMemoryTarget({
    store: target.store.powerCut({ keep: 'all' }),
    onCall: failFrom(late?.index ?? 0),
  });
  await bench.backup(dying, disk).catch(() => undefined);
  const store = dying.store.powerCut({ keep: 'all' });
  const plain = createMemoryTarget({ store, facets: [] });
  await expect(bench.backup(plain, disk)).rejects.toMatchObject({ code: 'unsupported' });
  same(await bench.restore(plain, one.id), first);
  await bench.backup(createMemoryTarget({ store }), disk);
  same(await bench.restore(createMemoryTarget({ store }), one.id), first);
});

test('a damaged record of an older version does not cost the version its blocks', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = smallDisk();
  const one = await bench.backup(target, disk);
  const first = disk.canonical();
  disk.free(103);
  for (let block = 112; block < 128; block += 1) disk.free(block);
  await bench.backup(target, disk);
  const name = `sysimage/bench/versions/${one.id}.json`;
  const record = target.store.bytes(name);
  target.store.patch(name, 200, Uint8Array.of(0x21));
  for (let block = 112; block < 128; block += 1) disk.fill(block, 9);
  await bench.backup(target, disk);
  target.store.set(name, record);
  same(await bench.restore(target, one.id), first);
});

test('two newest records are damaged: the version before them still restores', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = smallDisk();
  const kept: { id: string; bytes: Uint8Array }[] = [];
  for (const pattern of [1, 2, 3, 4]) {
    for (let block = 100 + pattern; block < 400; block += 7) disk.fill(block, pattern);
    kept.push({ id: (await bench.backup(target, disk)).id, bytes: disk.canonical() });
  }
  for (const { id } of kept.slice(2))
    target.store.patch(`sysimage/bench/versions/${id}.json`, 200, Uint8Array.of(0x21));
  for (const { id, bytes } of kept.slice(0, 2)) same(await bench.restore(target, id), bytes);
});

test('what is wrong with the image is said, not only recorded; its name is never used again', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = smallDisk();
  const one = await bench.backup(target, disk);
  const image = one.disks[0]?.image.name ?? '';
  target.store.delete(image);
  disk.fill(400, 9);
  const two = await bench.backup(target, disk);
  expect(findingsOf(bench)).toContain('target/damaged-image');
  expect(two.disks[0]?.image.name).not.toBe(image);
  same(await bench.restore(target, two.id), disk.canonical());
});

test.each([
  ['an image that is changed in place', /\/image/u, ['random', 'capacity'] as const],
  ['the map of one', /\.map$/u, ['random', 'capacity'] as const],
  ['a whole object', /\/image/u, [] as const],
])('what is removed while it is written is no version: %s', async (_, what, facets) => {
  const bench = new Workbench();
  const disk = smallDisk();
  const target = createMemoryTarget({ facets });
  await bench.backup(target, disk);
  disk.fill(400, 9);
  disk.free(100);
  const onCall = ({ operation, name }: MemoryCall): void => {
    if (operation !== 'put' || !name.endsWith('.allocation')) return;
    const written = target.store.names().findLast((each) => what.test(each));
    target.store.delete(written ?? '');
  };
  const shared = createMemoryTarget({ facets, store: target.store, onCall });
  await expect(bench.backup(shared, disk)).rejects.toMatchObject({ code: 'corrupt' });
  expect((await bench.receipts(target)).lost.length).toBe(what.test('/image') && facets.length > 0 ? 1 : 0);
  const next = await bench.backup(target, disk);
  same(await bench.restore(target, next.id), disk.canonical());
});

test('a bad sector in the metadata of a volume: it is copied whole', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = smallDisk();
  bench.disks.bad.set('disk.img', { start: disk.offsetOf(2), end: disk.offsetOf(2) + 512 });
  const version = await bench.backup(target, disk);
  expect(version.disks[0]?.layout.volumes[0]?.copied).toBe('whole');
  expect(version.disks[0]?.unreadable).toEqual([{ start: disk.offsetOf(2), end: disk.offsetOf(3) }]);
});

test.each(['0000.map', 'allocation'])('a damaged or missing %s: a new image is begun, and said', async (ending) => {
  for (const harm of ['flip', 'delete']) {
    const bench = new Workbench();
    const target = createMemoryTarget();
    const disk = smallDisk();
    await bench.backup(target, disk);
    const map = target.store.names().find((name) => name.endsWith(ending)) ?? '';
    if (harm === 'delete') target.store.delete(map);
    else target.store.patch(map, 70, Uint8Array.of((target.store.bytes(map)[70] ?? 0) ^ 1));
    disk.fill(400, 9);
    const two = await bench.backup(target, disk);
    expect(findingsOf(bench)).toContain('target/damaged-image');
    same(await bench.restore(target, two.id), disk.canonical());
    const three = await bench.backup(target, disk);
    expect(three.disks[0]?.changedBytes).toBe(0);
  }
});

test('an unfinished run whose layer is gone is given up, said, and does not stop backups for ever', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget({ volatile: true });
  const disk = smallDisk();
  await bench.backup(target, disk);
  for (let block = 100; block < 500; block += 5) disk.fill(block, 8);
  const record = recordCalls();
  await bench.backup(
    createMemoryTarget({ store: target.store.powerCut({ keep: 'all' }), onCall: record.onCall }),
    disk,
  );
  const late = record.changes().findLast(({ operation }) => operation === 'write');
  const dying = createMemoryTarget({
    store: target.store.powerCut({ keep: 'all' }),
    onCall: failFrom(late?.index ?? 0),
  });
  await bench.backup(dying, disk).catch(() => undefined);
  const after = createMemoryTarget({ store: dying.store.powerCut({ keep: 'all' }) });
  const layer = after.store.names().find((name) => name.endsWith('.layer')) ?? '';
  expect(layer).not.toBe('');
  after.store.delete(layer);
  const next = await bench.backup(after, disk);
  expect(findingsOf(bench)).toContain('target/damaged-image');
  same(await bench.restore(after, next.id), disk.canonical());
});

test('nothing is overwritten with a version that cannot be read', async () => {
  const bench = new Workbench();
  const target = createMemoryTarget();
  const disk = smallDisk();
  const { id, disks } = await bench.backup(target, disk);
  const image = disks[0]?.image.name ?? '';
  const block = Buffer.from(disk.bytes.subarray(disk.offsetOf(400), disk.offsetOf(401)));
  const at = Buffer.from(target.store.bytes(image)).indexOf(block);
  target.store.patch(image, at, Uint8Array.of((block[0] ?? 0) ^ 255));
  const other = disk.copy();
  other.fill(600, 1);
  bench.disks.disks.set('restored.img', other.bytes.slice());
  await expect(bench.restoreOver(target, id)).rejects.toMatchObject({ code: 'corrupt' });
  same(bench.disks.disks.get('restored.img') ?? new Uint8Array(0), other.bytes);
});
