import { expect, test } from '@jest/globals';
import type { Target } from '@sysimage/core';
import { createMemoryTarget, failFrom, recordCalls, type MemoryStore } from '@sysimage/target-memory';
import { flowNamed, ToyDisk, Workbench, World as FlowWorld } from '../src/index.js';

// Two misfortunes at once: damage, and something that was cut or deleted. What was restorable before must be so after.

const mebibyte = 1024 * 1024;

interface Kept {
  readonly id: string;
  readonly bytes: Uint8Array;
}

function change(disk: ToyDisk, round: number): void {
  for (let block = 60 + round; block < 700; block += 11) disk.fill(block, round);
  for (let block = 61 + round; block < 700; block += 37) disk.free(block);
}

class World {
  readonly bench = new Workbench();
  readonly disk = new ToyDisk(4 * mebibyte);
  readonly kept: Kept[] = [];
  readonly target: Target & { readonly store: MemoryStore };
  #round = 0;

  constructor(target: Target & { readonly store: MemoryStore } = createMemoryTarget()) {
    this.target = target;
  }

  async backUp(times = 1): Promise<this> {
    for (let i = 0; i < times; i += 1) {
      change(this.disk, (this.#round += 1));
      const { id } = await this.bench.backup(this.target, this.disk);
      this.kept.push({ id, bytes: this.disk.canonical() });
    }
    return this;
  }

  id(index: number): string {
    return this.kept[index]?.id ?? '';
  }

  async restores(target: Target, ...indexes: readonly number[]): Promise<void> {
    for (const index of indexes) {
      const { id, bytes } = this.kept[index] ?? { id: '', bytes: new Uint8Array(0) };
      const found = await this.bench.restore(target, id);
      if (Buffer.compare(found, bytes) !== 0) throw new Error(`version ${index} came back as something else`);
    }
  }
}

function flip(store: MemoryStore, name: string, at: number): void {
  store.patch(name, at, Uint8Array.of((store.bytes(name)[at] ?? 0) ^ 0x10));
}

const recordOf = (id: string): string => `sysimage/bench/versions/${id}.json`;

test('leftovers that a lost record keeps from being swept do not hide what lies on what', async () => {
  const world = await new World().backUp(4);
  const { bench, target } = world;
  flip(target.store, recordOf(world.id(0)), 40);
  await bench.delete(target, [world.id(2), world.id(3)], true);
  await world.restores(target, 1);
  await world.backUp();
  await world.restores(target, 1, 4);
  await expect(bench.delete(target, [world.id(4)])).rejects.toMatchObject({ code: 'invalid' });
  await bench.delete(target, [world.id(4)], true);
  await world.restores(target, 1);
  await bench.delete(target, [world.id(0)]);
  await world.restores(target, 1);
  expect((await bench.verify(target)).damages).toEqual([]);
});

test.each([
  ['the table of a batch', 1],
  ['the table of the batch that has the header', 0],
])(
  'damage in %s of a layer: the version below it survives the deletion of the newest, or it is refused',
  async (_what, which) => {
    const world = await new World().backUp(2);
    const { bench, target } = world;
    const layer = target.store.names().find((name) => name.endsWith('.layer')) ?? '';
    const bytes = Buffer.from(target.store.bytes(layer));
    const batches = Array.from({ length: bytes.length / 4096 - 1 }, (_, i) => (i + 1) * 4096).filter(
      (at) => bytes.toString('latin1', at, at + 8) === 'SYSIMGB1',
    );
    flip(target.store, layer, (batches[which] ?? 0) + 20);
    await world.restores(target, 0, 1);
    const deleted = await bench.delete(target, [world.id(1)], true).then(
      () => true,
      () => false,
    );
    expect(deleted).toBe(which === 1);
    await world.restores(target, ...(deleted ? [0] : [0, 1]));
    await world.backUp();
    await world.restores(target, ...(deleted ? [0, 2] : [0, 1, 2]));
  },
);

test('the mark of a deletion that was cut is damaged: what should stay does', async () => {
  const world = await new World(createMemoryTarget({ volatile: true })).backUp(3);
  const { bench, target } = world;
  const doomed = [world.id(1), world.id(2)];
  const record = recordCalls();
  const watched = createMemoryTarget({ store: target.store.powerCut({ keep: 'all' }), onCall: record.onCall });
  await bench.delete(watched, doomed, true);
  const gone = record.changes().find(({ operation, name }) => operation === 'remove' && name === recordOf(world.id(2)));
  const dying = createMemoryTarget({
    store: target.store.powerCut({ keep: 'all' }),
    onCall: failFrom((gone?.index ?? 0) + 1),
  });
  await expect(bench.delete(dying, doomed, true)).rejects.toThrow();
  const after = createMemoryTarget({ store: dying.store.powerCut({ keep: 'all' }) });
  flip(after.store, after.store.names().find((name) => name.includes('/runs/')) ?? '', 30);
  await world.restores(after, 0);
  await bench.backup(after, world.disk);
  await world.restores(after, 0);
});

test('a cut run takes the room that the next backup needs: it is taken back first', async () => {
  const traits = { singleVersion: true };
  const world = await new World(createMemoryTarget({ traits, capacity: 21 * mebibyte })).backUp();
  const { bench, target, disk } = world;
  change(disk, 2);
  let isCut = false;
  const dying = createMemoryTarget({
    store: target.store,
    traits,
    onCall: ({ operation, name }) => {
      isCut ||= operation === 'write' && name.endsWith('.vhd');
      if (isCut) throw new Error('cut');
    },
  });
  await expect(bench.backup(dying, disk)).rejects.toThrow();
  const { id } = await bench.backup(target, disk);
  expect(Buffer.compare(await bench.restore(target, id), disk.canonical())).toBe(0);
});

test('the newest record is lost: verify tells of it, and of nothing that can be restored', async () => {
  const world = await new World().backUp(3);
  const { bench, target } = world;
  flip(target.store, recordOf(world.id(2)), 40);
  await world.restores(target, 0, 1);
  const found = await bench.verify(target);
  expect(found.damages.map(({ object }) => object)).toEqual([recordOf(world.id(2))]);
  expect(found.versions).toEqual([0, 1].map((i) => ({ id: world.id(i), whole: true })));
  // The layer that only the lost record lists is looked at all the same.
  const layer = target.store.names().find((name) => name.endsWith(`${world.id(2)}.layer`)) ?? '';
  flip(target.store, layer, Math.floor(target.store.bytes(layer).length / 2));
  expect((await bench.verify(target)).versions.some(({ whole }) => !whole)).toBe(true);
});

test.each(['delete of the oldest', 'delete of the newest', 'backup to a single version'])(
  'verify beside a %s finds no damage where there is none',
  async (mode) => {
    const traits = mode.startsWith('backup') ? { singleVersion: true } : {};
    const world = await new World(createMemoryTarget({ traits })).backUp(mode.startsWith('backup') ? 1 : 3);
    const { bench, target, disk } = world;
    let isDone = false;
    const reading = createMemoryTarget({
      store: target.store,
      traits,
      onCall: async ({ operation, name }) => {
        if (isDone || operation !== 'get' || !name.endsWith('.map')) return;
        isDone = true;
        if (mode.startsWith('backup')) await bench.backup(target, disk);
        else await bench.delete(target, [world.id(mode.endsWith('newest') ? 2 : 0)], mode.endsWith('newest'));
      },
    });
    const { damages, versions } = await bench.verify(reading);
    expect(damages.flatMap((damage) => damage.versions)).toEqual([]);
    expect(versions.every(({ whole }) => whole)).toBe(true);
  },
);

test('whole objects, and the mark of a cut run is damaged: backups go on', async () => {
  const world = await new World(createMemoryTarget({ facets: [] })).backUp();
  const { bench, target, disk } = world;
  change(disk, 2);
  let isCut = false;
  const dying = createMemoryTarget({
    facets: [],
    store: target.store,
    onCall: ({ operation, name }) => {
      isCut ||= operation === 'put' && name.includes('disk-');
      if (isCut) throw new Error('cut');
    },
  });
  await expect(bench.backup(dying, disk)).rejects.toThrow();
  flip(target.store, target.store.names().find((name) => name.includes('/runs/')) ?? '', 30);
  await world.backUp();
  await world.restores(target, 0, 1);
});

test('what only a deleted version used is not believed to be there after a run that was cut', async () => {
  const world = await new World().backUp();
  const { bench, target, disk } = world;
  // One that nothing else touches.
  const grain = Array.from({ length: 16 }, (_, i) => 32 + i);
  for (const block of grain) disk.fill(block, 1);
  await world.backUp();
  for (const block of grain) disk.free(block);
  await world.backUp();
  await bench.delete(target, [world.id(0), world.id(1)]);
  for (const block of grain) disk.fill(block, 2);
  let isCut = false;
  const dying = createMemoryTarget({
    store: target.store,
    onCall: ({ operation, name }) => {
      isCut ||= operation === 'put' && name.includes('/versions/');
      if (isCut) throw new Error('cut');
    },
  });
  await expect(bench.backup(dying, disk)).rejects.toThrow();
  // The same bytes as the deleted version had.
  for (const block of grain) disk.fill(block, 1);
  const { id } = await bench.backup(target, disk);
  expect(Buffer.compare(await bench.restore(target, id), disk.canonical())).toBe(0);
});

test('two versions are taken back, and the power goes when the image is short already: what is below them stays', async () => {
  const world = await FlowWorld.prepare(flowNamed('roll-back of the newest two'));
  for (const at of (await world.points('disappear')).slice(-14)) await world.try([{ kind: 'disappear', at }], 'all');
});
