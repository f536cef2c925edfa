import { describe, expect, test } from '@jest/globals';
import { isSysimageError, objectName, supports } from '@sysimage/core/plugin';
import { createMemoryTarget, failFrom, MemoryStore, recordCalls } from '../src/index.js';
import { chunksOf, collect, text } from './bytes-of.js';

const name = objectName('sysimage', 'desk', 'computer.json');
const range = { start: 0, end: 3 };

test('keeps whole objects and lists them in order', async () => {
  const target = createMemoryTarget({ contents: { 'a/b/c': text('1'), 'a-b': text('22'), 'a/b.c': text('3') } });
  await target.put(name, 3, chunksOf(text('on'), text('e')));
  expect(await collect(target.get(name, range))).toBe('one');
  const names: string[] = [];
  for await (const stat of target.list('')) names.push(stat.name);
  expect(names).toEqual(['a-b', 'a/b.c', 'a/b/c', name]);
  const below: string[] = [];
  for await (const stat of target.list(objectName('a'), { after: objectName('a', 'b.c') })) below.push(stat.name);
  expect(below).toEqual(['a/b/c']);
});

test('a put of another size than it said leaves the old object', async () => {
  const target = createMemoryTarget();
  await target.put(name, 3, chunksOf(text('one')));
  await expect(target.put(name, 3, chunksOf(text('no')))).rejects.toMatchObject({ code: 'invalid' });
  await expect(target.put(name, 3, chunksOf(text('no'), text('no')))).rejects.toMatchObject({ code: 'invalid' });
  expect(await collect(target.get(name, range))).toBe('one');
});

test('get wants the whole range and the right state', async () => {
  const target = createMemoryTarget({ contents: { [name]: text('one') } });
  await expect(collect(target.get(name, { start: 1, end: 4 }))).rejects.toMatchObject({ code: 'corrupt' });
  await expect(collect(target.get(objectName('none'), range))).rejects.toMatchObject({ code: 'not-found' });
  const state = (await target.stat(name))?.state ?? '';
  expect(await collect(target.get(name, range, { state }))).toBe('one');
  await target.put(name, 3, chunksOf(text('two')));
  await expect(collect(target.get(name, range, { state }))).rejects.toMatchObject({ code: 'not-found' });
});

test('has the facets that were asked for, and no others', async () => {
  const plain = createMemoryTarget({ facets: [] });
  expect(plain.facets).toEqual({});
  expect(plain.capabilities).toMatchObject({ randomWrite: false, atomicBatch: false, freeSpaceKnown: false });
  const disc = createMemoryTarget({ facets: ['batch'], traits: { writeOnce: true, medium: 'optical' } });
  expect(supports(disc, 'random')).toBe(false);
  expect(disc.capabilities).toMatchObject({ atomicBatch: true, writeOnce: true });
});

test('a write-once target neither removes nor replaces', async () => {
  const disc = createMemoryTarget({ facets: ['batch'], traits: { writeOnce: true } });
  await disc.put(name, 1, chunksOf(text('x')));
  await expect(disc.remove(name)).rejects.toMatchObject({ code: 'unsupported' });
  await expect(disc.put(name, 1, chunksOf(text('y')))).rejects.toMatchObject({ code: 'unsupported' });
});

describe('batch', () => {
  test('shows nothing before the commit and everything after it', async () => {
    const target = createMemoryTarget({ facets: ['batch'] });
    const batch = await target.facets.batch.begin({ id: 'one', label: 'one', size: 10 });
    await batch.put(name, 3, chunksOf(text('one')));
    expect(await target.stat(name)).toBeUndefined();
    await batch.commit();
    expect(await collect(target.get(name, range))).toBe('one');
  });

  test('an interrupted one is found again by its id, an aborted one is gone', async () => {
    const first = createMemoryTarget({ facets: ['batch'] });
    const cut = await first.facets.batch.begin({ id: 'one', label: 'one', size: 10 });
    await cut.put(name, 3, chunksOf(text('one')));
    const store = first.store.powerCut({ keep: 'none' });
    const second = createMemoryTarget({ facets: ['batch'], store });
    await (await second.facets.batch.begin({ id: 'one', label: 'one', size: 10 })).commit();
    expect(store.names()).toEqual([name]);
    const aborted = await second.facets.batch.begin({ id: 'two', label: 'two', size: 10 });
    await aborted.put(objectName('b'), 1, chunksOf(text('b')));
    await aborted.abort();
    expect(store.names()).toEqual([name]);
    expect(store.used).toBe(3);
  });
});

test('a full store says no-space and keeps what it has', async () => {
  const target = createMemoryTarget({ capacity: 10, contents: { [name]: text('12345678') } });
  expect(await target.facets.capacity.read()).toEqual({ total: 10, free: 2 });
  await expect(target.put(name, 8, chunksOf(text('abcdefgh')))).rejects.toMatchObject({ code: 'no-space' });
  expect(Buffer.from(target.store.bytes(name)).toString()).toBe('12345678');
  const file = await target.facets.random.open(name, { exclusive: true });
  await file.write(8, text('90'));
  await expect(file.write(10, text('!'))).rejects.toMatchObject({ code: 'no-space' });
  await file.write(0, text('x'));
});

test('the hook sees each call before its effect and can end it', async () => {
  const record = recordCalls();
  const target = createMemoryTarget({ onCall: record.onCall });
  await target.put(name, 3, chunksOf(text('one')));
  await target.stat(name);
  await target.remove(name);
  expect(record.calls.map((call) => call.operation)).toEqual(['put', 'stat', 'remove']);
  expect(record.changes().map((call) => call.index)).toEqual([0, 2]);

  const dying = createMemoryTarget({ onCall: failFrom(1) });
  await dying.put(name, 3, chunksOf(text('one')));
  await expect(dying.remove(name)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(dying.stat(name)).rejects.toMatchObject({ code: 'unavailable' });
  expect(dying.store.names()).toEqual([name]);
});

test('a cancelled call says so', async () => {
  const target = createMemoryTarget({ contents: { [name]: text('one') } });
  const controller = new AbortController();
  async function* slow(): AsyncIterable<Uint8Array> {
    yield text('tw');
    controller.abort();
    yield text('o');
  }
  await expect(target.put(name, 3, slow, { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
  const error: unknown = await target.stat(name, { signal: controller.signal }).catch((reason: unknown) => reason);
  expect(isSysimageError(error, 'cancelled')).toBe(true);
  expect(Buffer.from(target.store.bytes(name)).toString()).toBe('one');
});

test('the store can be damaged behind the target', async () => {
  const store = new MemoryStore({ contents: { [name]: text('one') } });
  const target = createMemoryTarget({ store });
  store.patch(name, 1, text('N'));
  expect(await collect(target.get(name, range))).toBe('oNe');
  store.delete(name);
  expect(await target.stat(name)).toBeUndefined();
});
