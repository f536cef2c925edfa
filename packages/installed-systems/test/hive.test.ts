import { expect, test } from '@jest/globals';
import { isFormatError } from '@sysimage/bytes';
import { makeHive, utf16, type KeyPlan } from '@sysimage/fixtures';
import fc from 'fast-check';
import { openHive, textOf, textsOf, type Hive, type HiveKey } from '../src/index.js';

const names = (count: number): Readonly<Record<string, KeyPlan>> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key ${i}`, { values: { number: i } }]));
const long = Uint8Array.from({ length: 40_000 }, (_, i) => i % 251);
const plan: KeyPlan = {
  keys: {
    Values: {
      values: { '': 'nameless', Text: 'grün', Texts: ['a', 'bb'], Number: 7, Short: new Uint8Array([1, 2]), long },
    },
    lf: { list: 'lf', keys: names(3) },
    lh: { list: 'lh', keys: names(3) },
    li: { list: 'li', keys: names(3) },
    ri: { list: 'ri', keys: names(700) },
    Empty: {},
  },
};
const good = makeHive(plan);

function open(bytes: Uint8Array): Promise<Hive> {
  return openHive(async (offset, length) => {
    if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError(`read ${offset}+${length}`);
    return bytes.slice(offset, offset + length);
  }, bytes.length);
}

test('keys are found by their path, whatever the case, in every kind of list', async () => {
  const { root, isDirty } = await open(good);
  expect(isDirty).toBe(false);
  expect((await root.keys()).map(({ name }) => name)).toEqual(['Empty', 'lf', 'lh', 'li', 'ri', 'Values']);
  for (const [kind, count] of [
    ['lf', 3],
    ['LH', 3],
    ['li', 3],
    ['Ri', 700],
  ] as const) {
    const key = await root.find(kind);
    expect(await key?.keys()).toHaveLength(count);
    const last = await root.find(`${kind}\\KEY ${count - 1}`);
    expect(last?.name).toBe(`key ${count - 1}`);
  }
  expect(await root.find('lf\\nothing')).toBeUndefined();
  expect(await root.find('Empty\\a')).toBeUndefined();
  expect((await root.find('\\'))?.name).toBe('ROOT');
});

test('values of every size and kind', async () => {
  const { root } = await open(good);
  const key = await root.find('values');
  expect((await key?.values())?.map(({ name, type }) => [name, type])).toEqual([
    ['', 1],
    ['Text', 1],
    ['Texts', 7],
    ['Number', 4],
    ['Short', 3],
    ['long', 3],
  ]);
  expect(await textOf(await key?.value(''))).toBe('nameless');
  expect(await textOf(await key?.value('TEXT'))).toBe('grün');
  expect(await textsOf(await key?.value('texts'))).toEqual(['a', 'bb']);
  expect(await (await key?.value('number'))?.bytes()).toEqual(new Uint8Array([7, 0, 0, 0]));
  expect(await (await key?.value('short'))?.bytes()).toEqual(new Uint8Array([1, 2]));
  expect(await (await key?.value('long'))?.bytes()).toEqual(long);
  expect(await textOf(await key?.value('none'))).toBeUndefined();
});

test('a hive that was not put away is told', async () => {
  const bytes = good.slice();
  bytes[4] = 9;
  expect((await open(bytes)).isDirty).toBe(true);
});

test.each([
  ['nothing', new Uint8Array(0), 'corrupt'],
  ['no hive', new Uint8Array(8192), 'corrupt'],
  ['a version to come', Uint8Array.from(good, (byte, at) => (at === 20 ? 2 : byte)), 'unsupported'],
  ['no root', Uint8Array.from(good, (byte, at) => (at === 37 ? 0xff : byte)), 'corrupt'],
] as const)('%s is a clear error', async (_, bytes, code) => {
  await expect(open(bytes)).rejects.toMatchObject({ code });
});

/** Reads all that can be reached in a few levels. */
async function readAll(key: HiveKey, depth: number): Promise<void> {
  for (const value of await key.values()) await value.bytes();
  if (depth > 0) for (const child of (await key.keys()).slice(0, 20)) await readAll(child, depth - 1);
}

test('whatever is flipped, values or a FormatError come out', async () => {
  const small = makeHive({
    keys: { a: { values: { t: 'x', b: long.subarray(0, 17_000) }, keys: names(4), list: 'ri' } },
  });
  const flips = fc.array(fc.tuple(fc.oneof(fc.nat(5000), fc.nat(small.length - 1)), fc.nat(7)), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(flips, async (list) => {
      const bytes = small.slice();
      for (const [at, bit] of list) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      try {
        await readAll((await open(bytes)).root, 3);
      } catch (error) {
        if (!isFormatError(error)) throw error;
      }
    }),
    { seed: 1, numRuns: 1500 },
  );
});

test('texts end at the first zero, and an odd byte is no letter', async () => {
  const { root } = await open(makeHive({ values: { t: new Uint8Array([...utf16('ab\0cd'), 1]) } }));
  expect(await textOf(await root.value('t'))).toBe('ab');
});

test('a hive that names one list for ever is given up', async () => {
  const count = 2000;
  const long: KeyPlan = { list: 'li', keys: names(count) };
  const bytes = makeHive({ keys: { a: long, b: long } });
  const view = new DataView(bytes.buffer);
  const lists = [...bytes.keys()].filter(
    (at) => bytes[at] === 0x6c && bytes[at + 1] === 0x69 && at % 8 === 4 && view.getUint16(at + 2, true) === count,
  );
  const [first = 0, second = 0] = lists;
  expect(lists).toHaveLength(2);
  // The second becomes a list of lists, each of which is the first.
  view.setUint16(second, 0x6972, true);
  for (let i = 0; i < count; i += 1) view.setUint32(second + 4 + 4 * i, first - 4 - 4096, true);
  const { root } = await open(bytes);
  expect(await (await root.find('a'))?.keys()).toHaveLength(count);
  await expect((await root.find('b'))?.keys()).rejects.toMatchObject({ code: 'corrupt' });
  expect(await (await root.find('b'))?.keys(5)).toHaveLength(5);
});
