import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { completeTarget, objectName, type Target } from '@sysimage/core/plugin';
import { openFolder } from '../src/index.js';
import { chunksOf, host, joined, namesOf, temporaryFolder, text } from './fixture.js';

let folder: ReturnType<typeof temporaryFolder>;
let root: string;
let target: Target<'random' | 'capacity'>;
const name = objectName('sysimage', 'desk', 'computer.json');
const range = { start: 0, end: 3 };

beforeEach(async () => {
  folder = temporaryFolder();
  root = join(folder.path, 'a', 'b');
  target = completeTarget<'random' | 'capacity'>(await openFolder({ kind: 'dir', path: root }, host, 'write'));
});
afterEach(() => folder.cleanUp());

describe('open', () => {
  test('makes nothing, and a folder that is not there is an empty target', async () => {
    expect(await target.stat(name)).toBeUndefined();
    expect(await namesOf(target.list(''))).toEqual([]);
    expect(await namesOf(target.list(objectName('sysimage')))).toEqual([]);
    await target.remove(name);
    await expect(joined(target.get(name, range))).rejects.toMatchObject({ code: 'not-found' });
    expect((await target.facets.capacity.read()).free).toBeGreaterThan(0);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('a path that is no folder, or lies in none, is invalid', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    for (const path of [join(folder.path, 'file'), join(folder.path, 'file', 'below')]) {
      await expect(openFolder({ kind: 'dir', path }, host, 'write')).rejects.toMatchObject({ code: 'invalid' });
    }
  });

  test('tells what it knows of the place', async () => {
    const { traits, capabilities } = target;
    expect(traits).toMatchObject({ location: root, medium: 'disk', writeOnce: false, transport: 'local' });
    expect(traits.physicalDisks).toEqual([{ id: 'sysfs:8:0', name: '/dev/sda', dynamic: 'no' }]);
    expect(capabilities).toMatchObject({ shadowCopies: 'engine', dynamicDisk: 'no', randomWrite: true });
    await target.put(name, 3, chunksOf(text('one')));
    const again = await openFolder({ kind: 'dir', path: `${root}/../b`, singleVersion: true }, host, 'write');
    expect(again.traits.identity).toBe(traits.identity);
    expect(again.traits.singleVersion).toBe(true);
    symlinkSync(root, join(folder.path, 'link'));
    expect((await openFolder({ kind: 'dir', path: join(folder.path, 'link') }, host, 'write')).traits.identity).toBe(
      traits.identity,
    );
    const other = await openFolder({ kind: 'dir', path: join(folder.path, 'a') }, host, 'write');
    expect(other.traits.identity).not.toBe(traits.identity);
  });

  test('says why the disks below are not known', async () => {
    const lost = { ...host, disksBelow: async () => ({ known: false as const, why: 'tmpfs' }) };
    const { traits } = await openFolder({ kind: 'dir', path: root }, lost, 'write');
    expect(traits.physicalDisks).toBeUndefined();
    expect(traits.physicalDisksUnknown).toBe('tmpfs');
  });
});

describe('put and get', () => {
  test('an object is there at once, for its owner alone', async () => {
    const stat = await target.put(name, 3, chunksOf(text('on'), new Uint8Array(), text('e')));
    expect(stat).toMatchObject({ name, size: 3 });
    expect(await target.stat(name)).toEqual(stat);
    expect((await joined(target.get(name, range))).toString()).toBe('one');
    expect(await namesOf(target.list(''))).toEqual([name]);
    expect(lstatSync(join(root, name)).mode & 0o777).toBe(0o600);
    expect(lstatSync(dirname(join(root, name))).mode & 0o777).toBe(0o700);
  });

  test('any range, in pieces of at most a MiB', async () => {
    const bytes = Buffer.alloc(3_500_000, 'abcdefghijklm');
    await target.put(name, bytes.byteLength, chunksOf(bytes.subarray(0, 1_000_001), bytes.subarray(1_000_001)));
    for (const [start, end] of [
      [0, 3_500_000],
      [1, 2],
      [7, 7],
      [3_500_000, 3_500_000],
      [999_999, 3_499_999],
    ] as const) {
      const sizes: number[] = [];
      const parts: Uint8Array[] = [];
      for await (const part of target.get(name, { start, end })) {
        sizes.push(part.byteLength);
        parts.push(part);
      }
      expect(Buffer.concat(parts).equals(bytes.subarray(start, end))).toBe(true);
      expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(2 ** 20);
    }
    await expect(joined(target.get(name, { start: 0, end: 3_500_001 }))).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('the wrong number of bytes is invalid and leaves the old object and no file behind', async () => {
    await target.put(name, 3, chunksOf(text('one')));
    for (const parts of [[text('no')], [text('nono')], [text('no'), text('no')], []]) {
      await expect(target.put(name, 3, chunksOf(...parts))).rejects.toMatchObject({ code: 'invalid' });
    }
    async function* failing(): AsyncIterable<Uint8Array> {
      yield text('t');
      throw new Error('the source');
    }
    await expect(target.put(name, 3, failing)).rejects.toThrow('the source');
    expect((await joined(target.get(name, range))).toString()).toBe('one');
    expect(readdirSync(dirname(join(root, name)))).toEqual(['computer.json']);
  });

  test('a get holds on to the object it began with, or asks for a state', async () => {
    const { state = '' } = await target.put(name, 3, chunksOf(text('one')));
    expect((await joined(target.get(name, range, { state }))).toString()).toBe('one');
    const reading = target.get(name, range)[Symbol.asyncIterator]();
    const second = await target.put(name, 3, chunksOf(text('two')));
    expect(second.state).not.toBe(state);
    await expect(joined(target.get(name, range, { state }))).rejects.toMatchObject({ code: 'not-found' });
    expect(Buffer.from((await reading.next()).value ?? '').toString()).toBe('two');
    await reading.return?.();
  });

  test('concurrent puts of one name and of many names', async () => {
    const values = Array.from({ length: 20 }, (_, index) => text(`${index}`.padStart(3)));
    await Promise.all(values.map((value) => target.put(name, 3, chunksOf(value))));
    const last = (await joined(target.get(name, range))).toString();
    expect(values.map((value) => Buffer.from(value).toString())).toContain(last);
    expect(readdirSync(dirname(join(root, name)))).toEqual(['computer.json']);
    const names = values.map((_, index) => objectName('deep', `x${index % 3}`, 'y', `${index}`));
    await Promise.all(names.map((each) => target.put(each, 3, chunksOf(text('one')))));
    expect(await namesOf(target.list(objectName('deep')))).toEqual([...names].sort());
  });

  test('an object where a folder must be, and a folder where an object must be', async () => {
    await target.put(objectName('a'), 1, chunksOf(text('x')));
    await expect(target.put(objectName('a', 'b'), 1, chunksOf(text('x')))).rejects.toMatchObject({
      code: 'already-exists',
    });
    await target.put(objectName('c', 'd'), 1, chunksOf(text('x')));
    await expect(target.put(objectName('c'), 1, chunksOf(text('x')))).rejects.toMatchObject({ code: 'already-exists' });
    expect(await target.stat(objectName('c'))).toBeUndefined();
    expect(await target.stat(objectName('a', 'b'))).toBeUndefined();
    await target.remove(objectName('c'));
    await target.remove(objectName('a', 'b'));
    expect(await namesOf(target.list(''))).toEqual(['a', 'c/d']);
  });
});

describe('remove', () => {
  test('is done when it resolves; a missing object is fine; the folder stays', async () => {
    await target.put(name, 3, chunksOf(text('one')));
    await target.remove(name);
    expect(await target.stat(name)).toBeUndefined();
    expect(await namesOf(target.list(''))).toEqual([]);
    await target.remove(name);
    expect(existsSync(dirname(join(root, name)))).toBe(true);
  });
});

describe('list', () => {
  test('in the order of the bytes of whole names, each once, from anywhere', async () => {
    const names = ['a', 'a-b/c', 'a.b', 'a0', 'b/a/b', 'b/a-b', 'b/a.b/c', 'b/b', 'b-a', 'b.a', 'z/1/2/3/4/5/6/7'].map(
      (each) => objectName(...each.split('/')),
    );
    for (const each of names) await target.put(each, 1, chunksOf(text('x')));
    const sorted = [...names].sort();
    expect(await namesOf(target.list(''))).toEqual(sorted);
    expect(await namesOf(target.list(objectName('b')))).toEqual(sorted.filter((each) => each.startsWith('b/')));
    expect(await namesOf(target.list(objectName('z', '1', '2', '3', '4', '5', '6', '7')))).toEqual([]);
    expect(await namesOf(target.list(objectName('a.b')))).toEqual([]);
    for (const after of [
      ...sorted,
      objectName('b', 'a'),
      objectName('b', 'a', '0'),
      objectName('b'),
      objectName('0'),
    ]) {
      expect(await namesOf(target.list('', { after }))).toEqual(sorted.filter((each) => each > after));
    }
  });

  test('more than a thousand objects', async () => {
    const names = Array.from({ length: 1200 }, (_, index) => objectName('many', `${index % 7}`, `object-${index}`));
    for (const each of names) {
      mkdirSync(dirname(join(root, each)), { recursive: true });
      writeFileSync(join(root, each), 'x');
    }
    expect(await namesOf(target.list(''))).toEqual([...names].sort());
  });

  test('leaves out whatever is no object', async () => {
    await target.put(name, 3, chunksOf(text('one')));
    const place = dirname(join(root, name));
    for (const stranger of ['.sysimage-put-00', 'Upper', 'nul', 'dot.', '.hidden', 'ä']) {
      writeFileSync(join(place, stranger), '');
    }
    mkdirSync(join(place, 'Thumbs'));
    writeFileSync(join(place, 'Thumbs', 'x'), '');
    mkdirSync(join(place, 'empty'));
    expect(await namesOf(target.list(''))).toEqual([name]);
  });
});

test('a cancelled call says so, even while its source hangs', async () => {
  await target.put(name, 3, chunksOf(text('one')));
  const controller = new AbortController();
  async function* hanging(): AsyncIterable<Uint8Array> {
    yield text('t');
    setTimeout(() => controller.abort(), 5);
    await new Promise(() => {});
  }
  const { signal } = controller;
  await expect(target.put(name, 3, hanging, { signal })).rejects.toMatchObject({ code: 'cancelled' });
  for (const call of [
    () => target.stat(name, { signal }),
    () => namesOf(target.list('', { signal })),
    () => joined(target.get(name, range, { signal })),
    () => target.put(name, 3, chunksOf(text('two')), { signal }),
    () => target.remove(name, { signal }),
    () => target.facets.random.open(name, { exclusive: false, signal }),
    () => target.facets.capacity.read({ signal }),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'cancelled' });
  }
  expect((await joined(target.get(name, range))).toString()).toBe('one');
  expect(readdirSync(dirname(join(root, name)))).toEqual(['computer.json']);
});

test('a folder that may not be written or read is denied', async () => {
  if (process.getuid?.() === 0) return; // root may do everything
  await target.put(name, 3, chunksOf(text('one')));
  chmodSync(dirname(join(root, name)), 0o500);
  await expect(target.put(name, 3, chunksOf(text('two')))).rejects.toMatchObject({ code: 'denied' });
  chmodSync(dirname(join(root, name)), 0o000);
  await expect(target.stat(name)).rejects.toMatchObject({ code: 'denied' });
  chmodSync(dirname(join(root, name)), 0o700);
});

test('a missing folder is no target to read from', async () => {
  const path = join(folder.path, 'missing');
  await expect(openFolder({ kind: 'dir', path }, host, 'read')).rejects.toMatchObject({ code: 'not-found' });
  await expect(openFolder({ kind: 'dir', path }, host, 'write')).resolves.toBeDefined();
});
