import { expect, test } from '@jest/globals';
import { createEngine, SysimageError, type RandomFile, type Target, type VersionRecord } from '@sysimage/core';
import { createMemoryTarget, type MemoryTarget } from '@sysimage/target-memory';
import { ToyDisk, Workbench } from '../src/index.js';

/* What must not be given up, and what giving up must not do. */

const mebibyte = 1024 * 1024;
type Memory = MemoryTarget<'random' | 'capacity'>;

function idsOf(target: Memory): readonly string[] {
  return target.store
    .names()
    .flatMap((name) => /\/versions\/(.+)\.json$/u.exec(name)?.[1] ?? [])
    .toSorted();
}

function filled(): ToyDisk {
  const disk = new ToyDisk(8 * mebibyte);
  for (let block = 128; block < 1024; block += 1) disk.fill(block, 1);
  return disk;
}

function change(disk: ToyDisk, round: number): void {
  for (let block = 256; block < 384; block += 1) disk.fill(block, 10 + round);
}

/** Several versions of one disk, each of which rewrites half a mebibyte. */
async function series(
  bench: Workbench,
  target: Target,
  disk: ToyDisk,
  rounds: number,
  extra: Parameters<Workbench['backup']>[2] = {},
): Promise<readonly VersionRecord[]> {
  const made: VersionRecord[] = [];
  for (let round = 0; round < rounds; round += 1) {
    change(disk, round);
    bench.disks.disks.set('b.img', disk.bytes);
    made.push(await bench.backup(target, disk, { disks: ['b.img'], ...extra }));
  }
  return made;
}

/** Backs up until that fails; with what, and what was there before. */
async function untilFull(
  bench: Workbench,
  target: Target,
  memory: Memory,
  extra: Parameters<Workbench['backup']>[2] = {},
): Promise<{ readonly failure: unknown; readonly before: readonly string[] }> {
  const disk = filled();
  for (let round = 0; round < 14; round += 1) {
    const before = idsOf(memory);
    change(disk, 40 + round);
    const failure = await bench.backup(target, disk, extra).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure !== undefined) return { failure, before };
  }
  return { failure: undefined, before: idsOf(memory) };
}

/** The same target, whose removals go through `before` first. */
function withRemovals(target: Memory, before: (name: string) => void): Target {
  const remove: Target['remove'] = async (name, options) => {
    before(name);
    await target.remove(name, options);
  };
  return { ...parts(target), remove };
}

/** The same target, whose files are written through `write`. */
function withWrites(target: Memory, write: (file: RandomFile, name: string) => RandomFile['write']): Target {
  const { random } = target.facets;
  const open: typeof random.open = async (name, options) => {
    const file = await random.open(name, options);
    return {
      size: () => file.size(),
      read: (offset, into) => file.read(offset, into),
      truncate: (size) => file.truncate(size),
      flush: () => file.flush(),
      close: () => file.close(),
      write: write(file, name),
    };
  };
  return { ...parts(target), facets: { ...target.facets, random: { open } } };
}

function parts(target: Memory): Target {
  return {
    traits: target.traits,
    capabilities: target.capabilities,
    facets: target.facets,
    stat: (...call) => target.stat(...call),
    list: (...call) => target.list(...call),
    get: (...call) => target.get(...call),
    put: (...call) => target.put(...call),
    remove: (...call) => target.remove(...call),
    close: () => target.close(),
  };
}

test('an old version of another disk stays, and holds nothing of this one', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  await bench.backup(target, new ToyDisk(2 * mebibyte, 0x11111111));
  const disk = filled();
  await series(bench, target, disk, 6);
  await series(bench, target, disk, 1, { maxShadow: 1.3 * mebibyte });
  // Two layers of half a mebibyte, as where there is no other disk.
  expect(idsOf(target)).toHaveLength(1 + 3);
  expect((await bench.verify(target)).damages).toEqual([]);
});

test('the same on a full target: room is made', async () => {
  const target = createMemoryTarget({ capacity: 9 * mebibyte });
  const bench = new Workbench();
  await bench.backup(target, new ToyDisk(2 * mebibyte, 0x11111111));
  expect((await untilFull(bench, target, target)).failure).toBeUndefined();
  expect(idsOf(target).length).toBeGreaterThan(4);
});

test('a prune that waited while the version it was to keep went deletes nothing', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const made = await series(bench, target, filled(), 4);
  const engine = createEngine(bench.services);
  const request = { target, catalog: await engine.computer(target), rules: { last: 1 } };
  const plan = await engine.planPrune(request);
  await bench.delete(target, [made[3]?.id ?? ''], true);
  await expect(engine.prune(request, plan, () => undefined)).rejects.toMatchObject({ code: 'busy' });
  expect(idsOf(target)).toHaveLength(3);
});

test('a prune goes on when what it would delete was given up meanwhile', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const made = await series(bench, target, filled(), 4);
  const engine = createEngine(bench.services);
  const request = { target, catalog: await engine.computer(target), rules: { last: 1 } };
  const plan = await engine.planPrune(request);
  await bench.delete(target, [made[0]?.id ?? '']);
  await engine.prune(request, plan, () => undefined);
  expect(idsOf(target)).toEqual([made[3]?.id]);
});

/** A disk with a second volume, which nobody knows. */
function twoVolumes(disk: ToyDisk): Uint8Array {
  const bytes = new Uint8Array(16 * mebibyte);
  bytes.set(disk.bytes);
  const view = new DataView(bytes.buffer);
  const entry = 446 + 16;
  view.setUint8(entry + 4, 0x83);
  view.setUint32(entry + 8, (8 * mebibyte) / 512, true);
  view.setUint32(entry + 12, (8 * mebibyte) / 512, true);
  return bytes.fill(7, 9 * mebibyte);
}

function canonicalTwo(disk: ToyDisk): Uint8Array {
  const bytes = twoVolumes(disk);
  bytes.set(disk.canonical().subarray(mebibyte), mebibyte);
  return bytes;
}

test.each([
  ['room', { maxShadow: 0 }],
  ['rules', {}],
])('the last version that holds a volume does not go for newer ones without it: for %s', async (why, extra) => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = filled();
  const backUp = (more: Parameters<Workbench['backup']>[2]): Promise<VersionRecord> => {
    bench.disks.disks.set('two.img', twoVolumes(disk));
    return bench.backup(target, disk, { disks: ['two.img'], ...more });
  };
  const { id } = await backUp({});
  for (const round of [0, 1]) {
    change(disk, round);
    await backUp({ exclude: ['2'], ...extra });
  }
  if (why === 'rules') await bench.prune(target, { last: 1 });
  expect(idsOf(target)).toContain(id);
});

test.each([[['random', 'capacity'] as const], [[] as const]])(
  'single version: what the newest does not stand for stays, on a target with %j',
  async (facets) => {
    const target = createMemoryTarget({ facets, traits: { singleVersion: true } });
    const bench = new Workbench();
    const [other, disk] = [new ToyDisk(2 * mebibyte, 0x11111111), filled()];
    other.fill(200, 7);
    const backUp = (more: Parameters<Workbench['backup']>[2] = {}): Promise<VersionRecord> => {
      bench.disks.disks.set('two.img', twoVolumes(disk));
      return bench.backup(target, disk, { disks: ['two.img'], ...more });
    };
    const first = await bench.backup(target, other);
    const whole = await backUp();
    const before = canonicalTwo(disk);
    change(disk, 1);
    const without = await backUp({ exclude: ['2'] });
    expect(idsOf(target)).toEqual([first.id, whole.id, without.id].toSorted());
    expect(Buffer.compare(await bench.restore(target, first.id), other.canonical())).toBe(0);
    expect(Buffer.compare(await bench.restore(target, whole.id), before)).toBe(0);
    const newest = await backUp();
    expect(idsOf(target)).toEqual([first.id, newest.id].toSorted());
    expect(Buffer.compare(await bench.restore(target, newest.id), canonicalTwo(disk))).toBe(0);
  },
);

test('a version that went is told of, also when what it alone needed cannot be removed; the first error is heard', async () => {
  const target = createMemoryTarget({ capacity: 9 * mebibyte });
  const bench = new Workbench();
  let gone = false;
  const failing = withRemovals(target, (name) => {
    gone ||= name.includes('/versions/');
    if (gone && name.includes('/layers/')) throw new SysimageError('unavailable', 'the network went');
  });
  const { failure, before } = await untilFull(bench, failing, target);
  expect(failure).toMatchObject({ code: 'no-space' });
  const told = bench.events.filter(({ event }) => event === 'finding');
  expect(told).toMatchObject([{ finding: { policy: 'target/evicted', subject: `versions/${before[0]}` } }]);
  expect(idsOf(target)).toEqual(before.slice(1));
});

test('a committed version is told of, also when shadow storage could not be limited', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  await series(bench, target, filled(), 3);
  const failing = withRemovals(target, (name) => {
    if (name.includes('/versions/')) throw new SysimageError('unavailable', 'the network went');
  });
  await series(bench, failing, filled(), 1, { maxShadow: 0 });
  expect(idsOf(target)).toHaveLength(4);
  expect(bench.events).toContainEqual(
    expect.objectContaining({ finding: expect.objectContaining({ policy: 'target/shadow-limit' }) }),
  );
});

test('who stops a backup while it fails for want of room loses no version', async () => {
  const target = createMemoryTarget({ capacity: 9 * mebibyte });
  const stop = new AbortController();
  const stopping = withWrites(target, (file) => async (offset, bytes) => {
    await file.write(offset, bytes).catch((error: unknown) => {
      stop.abort();
      throw error;
    });
  });
  const { failure, before } = await untilFull(new Workbench(), stopping, target, { signal: stop.signal });
  expect(failure).toBeDefined();
  expect(idsOf(target)).toEqual(before);
});

test('an object that is too large for the target costs no version', async () => {
  const target = createMemoryTarget();
  const bench = new Workbench();
  const disk = new ToyDisk(32 * mebibyte);
  await series(bench, target, disk, 5);
  const image = target.store.names().find((name) => name.endsWith('.vhd')) ?? '';
  const limit = target.store.bytes(image).length;
  const small = withWrites(target, (file, name) => async (offset, bytes) => {
    if (name === image && offset + bytes.length > limit)
      throw new SysimageError('unsupported', 'the file is too large');
    await file.write(offset, bytes);
  });
  for (let block = 256; block < 6000; block += 1) disk.fill(block, 99);
  await expect(series(bench, small, disk, 1)).rejects.toMatchObject({ code: 'unsupported' });
  expect(idsOf(target)).toHaveLength(5);
});
