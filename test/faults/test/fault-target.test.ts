import { expect, test } from '@jest/globals';
import { objectName, supports, type RandomFile, type Target } from '@sysimage/core/plugin';
import { createMemoryTarget, MemoryStore } from '@sysimage/target-memory';
import { createFaultTarget, describeFault, faultKinds, parseFault, type FaultKind } from '../src/index.js';

const name = objectName('disk-1', 'image.vhd');
const page = 4096;
const full = (value: number, length = page): Uint8Array => new Uint8Array(length).fill(value);

interface Bench {
  readonly store: MemoryStore;
  readonly target: Target<'random'>;
  readonly file: RandomFile;
  readonly calls: () => number;
}

/** One open file with a page of ones on the medium: three calls so far. */
async function bench(kind: FaultKind, at = 3): Promise<Bench> {
  const store = new MemoryStore({ volatile: true });
  const target = createFaultTarget(createMemoryTarget({ store }), { faults: [{ kind, at }], medium: store, seed: 3 });
  if (!supports(target, 'random')) throw new Error('no random writes');
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  await file.write(0, full(1));
  await file.flush();
  return { store, target, file, calls: () => target.troubles.calls };
}

const pageOf = (store: MemoryStore, at = 0): number[] => [...new Set(store.bytes(name).subarray(at, at + page))];
const unavailable = { code: 'unavailable' };

test('fail: one call, without effect', async () => {
  const { store, file } = await bench('fail');
  await expect(file.write(0, full(2))).rejects.toMatchObject(unavailable);
  expect(pageOf(store)).toEqual([1]);
  await file.write(0, full(3));
  expect(pageOf(store)).toEqual([3]);
});

test('lose-answer: one call, with its effect', async () => {
  const { store, file, target } = await bench('lose-answer');
  expect((await target.stat(name))?.size).toBe(page);
  await expect(file.write(0, full(2))).rejects.toMatchObject(unavailable);
  expect(pageOf(store)).toEqual([2]);
});

test('delay: what came later is done before', async () => {
  const { store, file } = await bench('delay');
  const late = file.write(0, full(2));
  await file.write(0, full(3));
  expect(pageOf(store)).toEqual([3]);
  await late;
  expect(pageOf(store)).toEqual([2]);
});

test('tear: some sectors, and not others', async () => {
  const { store, file } = await bench('tear');
  await expect(file.write(0, full(2))).rejects.toMatchObject(unavailable);
  const sectors = Array.from({ length: 8 }, (_, i) => [...new Set(store.bytes(name).subarray(i * 512, (i + 1) * 512))]);
  expect(new Set(sectors.flat())).toEqual(new Set([1, 2]));
  expect(sectors.every((bytes) => bytes.length === 1)).toBe(true);
});

test('reject-flush: the next one succeeds, and what was to be flushed may be lost, unless it was written again', async () => {
  const { store, file } = await bench('reject-flush');
  await file.write(0, full(2));
  await file.write(page, full(2));
  await expect(file.flush()).rejects.toMatchObject(unavailable);
  await file.write(page, full(3));
  await file.flush();
  expect([pageOf(store), pageOf(store, page)]).toEqual([[2], [3]]);
  const after = store.powerCut({ keep: 'none' });
  expect([pageOf(after), pageOf(after, page)]).toEqual([[1], [3]]);
  await file.write(0, full(4));
  await file.flush();
  expect(pageOf(store.powerCut({ keep: 'none' }))).toEqual([4]);
});

test('lose-handle: only the open file is of no use', async () => {
  const { target, file } = await bench('lose-handle');
  await expect(file.write(0, full(2))).rejects.toMatchObject(unavailable);
  for (const call of [() => file.read(0, full(0)), () => file.flush(), () => file.truncate(0)])
    await expect(call()).rejects.toMatchObject(unavailable);
  await file.close();
  const again = await target.facets.random.open(name, { exclusive: true });
  await again.write(0, full(2));
});

test('disappear: nothing works any more', async () => {
  const { target, file, store } = await bench('disappear');
  await expect(file.write(0, full(2))).rejects.toMatchObject(unavailable);
  await expect(file.flush()).rejects.toMatchObject(unavailable);
  await expect(target.stat(name)).rejects.toMatchObject(unavailable);
  await expect(target.remove(name)).rejects.toMatchObject(unavailable);
  expect(pageOf(store)).toEqual([1]);
});

test.each([true, false])(
  'fill-up: what is there can be changed, nothing grows; the medium knows: %s',
  async (knows) => {
    const store = new MemoryStore();
    const target = createFaultTarget(createMemoryTarget({ store }), {
      faults: [{ kind: 'fill-up', at: 2 }],
      ...(knows ? { medium: store } : {}),
    });
    if (!supports(target, 'random')) throw new Error('no random writes');
    const file = await target.facets.random.open(name, { create: true, exclusive: true });
    await file.write(0, full(1, 65_536));
    await file.write(0, full(2));
    await expect(file.write(65_536, full(2))).rejects.toMatchObject({ code: 'no-space' });
    const put = target.put(objectName('other'), 1, async function* () {
      yield full(1, 1);
    });
    await expect(put).rejects.toMatchObject({ code: 'no-space' });
    await target.remove(name);
  },
);

test('a fault waits for a call that it can hit, and hits one', async () => {
  const { target, file, calls } = await bench('reject-flush');
  expect(calls()).toBe(3);
  expect((await target.stat(name))?.size).toBe(page);
  await file.write(0, full(2));
  await expect(file.flush()).rejects.toMatchObject(unavailable);
  await file.flush();
  expect(calls()).toBe(7);
});

test('every fault has a name that can be read back', () => {
  for (const kind of faultKinds) expect(parseFault(describeFault({ kind, at: 7 }))).toEqual({ kind, at: 7 });
  for (const text of ['', 'tear', 'tear@', 'tear@x', 'quake@3']) expect(() => parseFault(text)).toThrow(RangeError);
});
