import { isSysimageError, objectName } from '@sysimage/core/plugin';
import { aName, holds, openObject, pattern, put, read, readFile, same } from '../bytes.js';
import { check, mustReject } from '../check.js';
import type { KitCase } from '../kit.js';

/** The bytes of an open object. */
export const randomFileCases: readonly KitCase[] = [
  {
    name: 'random: writes anywhere, reads anywhere, what was never written is zero',
    facet: 'random',
    run: async ({ target, reopen }) => {
      const model = new Uint8Array(700_000);
      const file = await openObject(target, true);
      for (const [offset, length, seed] of [
        [600_000, 100_000, 1],
        [0, 1, 2],
        [4095, 2, 3],
        [65_530, 200_000, 4],
        [100_000, 10, 5],
      ] as const) {
        const bytes = pattern(length, seed);
        const given = bytes.slice();
        await file.write(offset, given);
        given.fill(0xee); // the bytes belong to the caller again
        model.set(bytes, offset);
      }
      same(await readFile(file, 0, model.length), model, 'before the flush');
      await file.flush();
      check((await file.size()) === model.length, `the size is ${await file.size()}`);
      same(await readFile(file, 65_000, 70_000), model.subarray(65_000, 135_000), 'a part');
      await file.close();
      const again = await reopen();
      await holds(again, aName, model, 'after flush and opening anew');
      await again.close();
    },
  },
  {
    name: 'random: reading beyond the end is corrupt',
    facet: 'random',
    run: async ({ target }) => {
      await put(target, aName, pattern(1000));
      const file = await openObject(target, false);
      await mustReject(readFile(file, 999, 2), ['corrupt'], 'reading over the end');
      await mustReject(readFile(file, 5000, 1), ['corrupt'], 'reading behind the end');
      same(await readFile(file, 999, 1), pattern(1000).subarray(999), 'the last byte');
      await file.close();
    },
  },
  {
    name: 'random: truncate cuts, and grows with zeros even where bytes were before',
    facet: 'random',
    run: async ({ target, reopen }) => {
      const file = await openObject(target, true);
      await file.write(0, pattern(200_000));
      await file.truncate(70_001);
      check((await file.size()) === 70_001, 'truncate did not cut');
      await file.truncate(200_000);
      const model = new Uint8Array(200_000);
      model.set(pattern(200_000).subarray(0, 70_001));
      same(await readFile(file, 0, 200_000), model, 'after cutting and growing');
      await file.flush();
      await file.close();
      const again = await reopen();
      await holds(again, aName, model, 'after truncate, flush and opening anew');
      await again.close();
    },
  },
  {
    name: 'random: deallocated ranges are zero, the size stays',
    facet: 'random',
    run: async ({ target }) => {
      const file = await openObject(target, true);
      try {
        if (file.deallocate === undefined) return 'this place gives no space back inside objects';
        const model = pattern(300_000);
        await file.write(0, model);
        await file.deallocate({ start: 65_000, end: 200_001 });
        model.fill(0, 65_000, 200_001);
        await file.flush();
        same(await readFile(file, 0, model.length), model, 'after deallocate');
        check((await file.size()) === model.length, 'deallocate changed the size');
        return undefined;
      } finally {
        await file.close();
      }
    },
  },
  {
    name: 'random: many writes at once all arrive',
    facet: 'random',
    run: async ({ target }) => {
      const model = pattern(64 * 8192);
      const file = await openObject(target, true);
      await Promise.all(
        Array.from({ length: 64 }, (_, i) => file.write(i * 8192, model.subarray(i * 8192, (i + 1) * 8192))),
      );
      await file.flush();
      same(await readFile(file, 0, model.length), model, 'after 64 writes at once');
      await file.close();
    },
  },
  {
    name: 'random: views of larger buffers are read into and written from where they lie',
    facet: 'random',
    run: async ({ target }) => {
      const large = pattern(30_000, 6);
      const file = await openObject(target, true);
      await file.write(0, large.subarray(1234, 21_234));
      const into = new Uint8Array(30_000).fill(0xee);
      await file.read(100, into.subarray(5000, 15_000));
      same(into.subarray(5000, 15_000), large.subarray(1334, 11_334), 'through a view');
      check(
        into.every((byte, i) => byte === 0xee || (i >= 5000 && i < 15_000)),
        'read wrote beside the view that it was given',
      );
      await file.close();
    },
  },
  {
    name: 'random: offsets beyond 4 GiB',
    facet: 'random',
    run: async ({ target }) => {
      const { maxObjectSize } = target.traits;
      const far = 2 ** 32 + 2 ** 31;
      if (maxObjectSize !== undefined && maxObjectSize < far + 4096) return `objects end at ${maxObjectSize}`;
      const free = (await target.facets.capacity?.read())?.free;
      if (free !== undefined && free < 16 * 2 ** 20) return 'nearly nothing is free';
      const file = await openObject(target, true);
      await file.write(0, pattern(4096, 1));
      try {
        await file.truncate(far + 4096);
      } catch (error) {
        if (!isSysimageError(error, 'no-space')) throw error;
        await file.close();
        return 'objects of that size do not fit';
      }
      await file.write(far, pattern(4096, 2));
      await file.write(2 ** 31, pattern(100, 3));
      same(await readFile(file, 0, 4096), pattern(4096, 1), 'the beginning, after writes far behind it');
      same(await readFile(file, far, 4096), pattern(4096, 2), `the bytes at ${far}`);
      same(await readFile(file, 2 ** 31, 100), pattern(100, 3), `the bytes at ${2 ** 31}`);
      same(await readFile(file, 2 ** 32, 4096), new Uint8Array(4096), 'what was never written');
      check((await file.size()) === far + 4096, `the size is ${await file.size()}`);
      await file.flush();
      await file.close();
      same(await read(target, aName, far, far + 4096), pattern(4096, 2), `got from ${far}`);
      return undefined;
    },
  },
  {
    name: 'random: bytes copied from another open object',
    facet: 'random',
    run: async ({ target }) => {
      const from = await openObject(target, true, { name: objectName('kit', 'from') });
      const file = await openObject(target, true);
      try {
        if (file.copyFrom === undefined) return 'this place copies nothing by itself';
        await from.write(0, pattern(200_000, 1));
        await from.flush();
        await file.write(0, pattern(150_000, 2));
        await file.copyFrom(from, { start: 65_536, end: 131_072 }, 4096);
        await file.flush();
        const model = pattern(150_000, 2);
        model.set(pattern(200_000, 1).subarray(65_536, 131_072), 4096);
        same(await readFile(file, 0, model.length), model, 'after copying from another object');
        return undefined;
      } finally {
        await file.close();
        await from.close();
      }
    },
  },
];
