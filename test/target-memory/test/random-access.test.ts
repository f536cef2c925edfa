import { describe, expect, test } from '@jest/globals';
import { objectName } from '@sysimage/core/plugin';
import { createMemoryTarget, type MemoryTarget, type OnCall } from '../src/index.js';
import { text } from './bytes-of.js';

const name = objectName('disk-1', 'image.vhd');
const page = 4096;

test('reads and writes anywhere; a hole and a deallocated range read as zeros', async () => {
  const target = createMemoryTarget();
  await expect(target.facets.random.open(name, { exclusive: false })).rejects.toMatchObject({ code: 'not-found' });
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  await file.write(100_000, text('abc'));
  await file.truncate(10 * 2 ** 30);
  expect(await file.size()).toBe(10 * 2 ** 30);
  expect(target.store.used).toBe(65_536);
  const into = new Uint8Array(5);
  await file.read(99_999, into);
  expect([...into]).toEqual([0, 97, 98, 99, 0]);
  await file.deallocate?.({ start: 65_536, end: 131_072 });
  expect(target.store.used).toBe(0);
  await expect(file.read(10 * 2 ** 30 - 1, into)).rejects.toMatchObject({ code: 'corrupt' });
  expect(target.store.bytesWritten).toBe(3);
});

test('a second exclusive writer is refused, a reader is not', async () => {
  const target = createMemoryTarget();
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  await expect(target.facets.random.open(name, { exclusive: true })).rejects.toMatchObject({ code: 'busy' });
  await (await target.facets.random.open(name, { exclusive: false })).close();
  await file.close();
  await (await target.facets.random.open(name, { exclusive: true })).close();
});

test('after a failed flush every later one fails', async () => {
  let flushes = 0;
  const onCall: OnCall = (call) => {
    if (call.operation !== 'flush') return;
    flushes += 1;
    if (flushes === 1) throw new Error('medium');
  };
  const target = createMemoryTarget({ onCall });
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  await expect(file.flush()).rejects.toThrow('medium');
  await expect(file.flush()).rejects.toThrow('medium');
  expect(target.store.flushes).toBe(0);
});

describe('power cut', () => {
  const value = (store: { bytes(name: string): Uint8Array }, at: number): number | undefined => store.bytes(name)[at];

  async function written(): Promise<MemoryTarget<'random' | 'capacity'>> {
    const target = createMemoryTarget({ volatile: true });
    const file = await target.facets.random.open(name, { create: true, exclusive: true });
    await file.write(0, new Uint8Array(4 * page).fill(1));
    await file.flush();
    await file.write(0, new Uint8Array(4 * page).fill(2));
    await file.write(0, new Uint8Array(page).fill(3));
    await file.write(4 * page, new Uint8Array(page).fill(4));
    return target;
  }

  test('drops or keeps what was not flushed', async () => {
    const target = await written();
    expect([...target.store.powerCut({ keep: 'none' }).bytes(name)]).toEqual(Array(4 * page).fill(1));
    const all = target.store.powerCut({ keep: 'all' });
    expect(all.bytes(name)).toEqual(target.store.bytes(name));
  });

  test('a random one tears and reorders, the same for the same seed', async () => {
    const target = await written();
    const seen = new Set<string>();
    for (let seed = 0; seed < 100; seed += 1) {
      const cut = target.store.powerCut({ keep: seed });
      const bytes = cut.bytes(name);
      expect(Buffer.from(bytes).equals(target.store.powerCut({ keep: seed }).bytes(name))).toBe(true);
      expect([4 * page, 5 * page]).toContain(bytes.byteLength);
      const pages = Array.from({ length: bytes.byteLength / page }, (_, index) => value(cut, index * page));
      for (const [index, kind] of pages.entries()) {
        const content = Buffer.from(bytes.subarray(index * page, (index + 1) * page));
        expect(content.equals(Buffer.alloc(page, kind))).toBe(true);
      }
      seen.add(pages.join(''));
    }
    // Of 72 possible ones.
    expect(seen.size).toBeGreaterThan(40);
    expect([...seen].some((pages) => pages.startsWith('2'))).toBe(true);
  });

  test('shrinking and deallocating may be lost, and cost nothing where nothing was', async () => {
    const target = createMemoryTarget({ volatile: true });
    const file = await target.facets.random.open(name, { create: true, exclusive: true });
    await file.write(0, new Uint8Array(3 * page).fill(1));
    await file.truncate(2 ** 40);
    await file.flush();
    await file.deallocate?.({ start: page, end: 2 ** 40 });
    await file.truncate(2 * page);
    expect(target.store.powerCut({ keep: 'all' }).bytes(name).byteLength).toBe(2 * page);
    const sizes = new Set<number>();
    for (let seed = 0; seed < 20; seed += 1) {
      const cut = createMemoryTarget({ store: target.store.powerCut({ keep: seed }) });
      const opened = await cut.facets.random.open(name, { exclusive: true });
      sizes.add(await opened.size());
      const into = new Uint8Array(2 * page);
      await opened.read(0, into);
      expect([0, 1]).toContain(into[page]);
      expect(into[0]).toBe(1);
    }
    expect([...sizes].sort((a, b) => a - b)).toEqual([2 * page, 2 ** 40]);
  });

  test('put, remove and creation are durable', async () => {
    const target = createMemoryTarget({ volatile: true, contents: { gone: text('x') } });
    await target.remove(objectName('gone'));
    await target.put(objectName('there'), 1, async function* chunks() {
      yield text('y');
    });
    await target.facets.random.open(name, { create: true, exclusive: true });
    const cut = target.store.powerCut({ keep: 'none' });
    expect(cut.names()).toEqual([name, 'there']);
    const again = createMemoryTarget({ store: cut });
    await (await again.facets.random.open(name, { exclusive: true })).close();
  });
});
