import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HashThread } from '../src/hash-thread.js';
import { createHasher } from '../src/hasher.js';

const folder = mkdtempSync(join(tmpdir(), 'sysimage-digest-from-'));
const path = (name: string): string => join(folder, name);
const content = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 8)) % 253);
writeFileSync(path('source'), content);
const source = openSync(path('source'), 'r');
const thread = new HashThread();
const hasher = createHasher({ threads: 0 });
afterAll(async () => {
  await thread.stop();
  closeSync(source);
  rmSync(folder, { recursive: true });
});

/** Parts in order, none touching the next, of so many bytes. */
const partsOf = (length: number): fc.Arbitrary<{ start: number; end: number }[]> =>
  fc
    .uniqueArray(fc.nat(length), { maxLength: 12 })
    .map((bounds) =>
      bounds
        .toSorted((a, b) => a - b)
        .flatMap((start, i, all) => (i % 2 === 0 && all[i + 1] !== undefined ? [{ start, end: all[i + 1] ?? 0 }] : [])),
    );

const jobs = fc
  .record({ offset: fc.nat(1_000_000), length: fc.integer({ min: 1, max: 1_900_000 }) })
  .chain(({ offset, length }) =>
    fc.record({
      offset: fc.constant(offset),
      length: fc.constant(length),
      unit: fc.constantFrom(65_536, 4096, 700_000, 100_001),
      blank: partsOf(length),
      parts: partsOf(length),
      sparse: fc.boolean(),
    }),
  );

test('bytes are read, made blank, hashed and written, as one after the other would', async () => {
  const into = new Uint8Array(new SharedArrayBuffer(1_900_000));
  await fc.assert(
    fc.asyncProperty(jobs, async ({ offset, length, unit, blank, parts, sparse }) => {
      const expected = content.slice(offset, offset + length);
      for (const { start, end } of blank) expected.fill(0, start, end);
      const written = Buffer.alloc(length + 5, sparse ? 0 : 0xee);
      writeFileSync(path('copy'), written);
      const copy = openSync(path('copy'), 'r+');
      const bytes = into.subarray(0, length);
      try {
        const to = { descriptor: copy, offset: 5, parts, blank: sparse };
        const digests = await thread.digestEach(bytes, unit, { descriptor: source, offset, blank, to });
        expect(Buffer.compare(bytes, expected)).toBe(0);
        expect(digests).toEqual(await hasher.digestEach(expected, unit));
      } finally {
        closeSync(copy);
      }
      for (const { start, end } of parts) written.set(expected.subarray(start, end), 5 + start);
      expect(Buffer.compare(readFileSync(path('copy')), written)).toBe(0);
    }),
  );
});

test('a frame is written with what it belongs to, once, and not for nothing', async () => {
  const into = new Uint8Array(new SharedArrayBuffer(2 ** 20));
  const copy = openSync(path('framed'), 'w+');
  const frame = { offset: 3, bytes: Uint8Array.from([1, 2, 3]) };
  const to = { descriptor: copy, offset: 6, parts: [{ start: 0, end: into.length }], blank: true, frame };
  const from = { descriptor: source, offset: 0, to };
  await thread.digestEach(into, 65_536, { ...from, blank: [{ start: 0, end: into.length }] });
  expect(statSync(path('framed')).size).toBe(0);
  // Its first half is done at once, and in it nothing has to be written.
  await thread.digestEach(into, 65_536, { ...from, blank: [{ start: 0, end: 2 ** 19 + 4096 }] });
  const written = new Uint8Array(6 + into.length);
  written.set(content.subarray(2 ** 19 + 4096, 2 ** 20), 6 + 2 ** 19 + 4096);
  written.set(frame.bytes, 3);
  expect(Buffer.compare(readFileSync(path('framed')), written)).toBe(0);
  closeSync(copy);
});

test('what ends too early, or cannot be written, is nothing; what cannot be read is an error of the system', async () => {
  const into = new Uint8Array(new SharedArrayBuffer(65_536));
  const from = { descriptor: source, offset: 0, blank: [] };
  expect(await thread.digestEach(into, 65_536, { ...from, offset: content.length - 65_535 })).toBeUndefined();
  const to = { descriptor: source, offset: 0, parts: [{ start: 0, end: 1 }] };
  expect(await thread.digestEach(into, 65_536, { ...from, to })).toBeUndefined();
  const closed = openSync(path('source'), 'r');
  closeSync(closed);
  await expect(thread.digestEach(into, 65_536, { ...from, descriptor: closed })).rejects.toMatchObject({
    code: 'EBADF',
    syscall: 'read',
  });
  expect(await thread.digestEach(into, 65_536, from)).toEqual(
    await hasher.digestEach(content.slice(0, 65_536), 65_536),
  );
});

test('a hasher without a thread to spare reads nothing, nor into memory that no thread can see', async () => {
  const request = { descriptor: source, offset: 0, unit: 65_536, blank: [] };
  const into = new Uint8Array(new SharedArrayBuffer(2 ** 20));
  expect(hasher.digestFrom?.({ ...request, into })).toBeUndefined();
  const busy = createHasher({ threads: 1, start: () => thread });
  for (let i = 0; i < 66; i += 1) await busy.digestEach(into, 65_536);
  expect(busy.digestFrom?.({ ...request, into: new Uint8Array(2 ** 20) })).toBeUndefined();
  expect(await busy.digestFrom?.({ ...request, into })).toEqual(
    await hasher.digestEach(content.slice(0, 2 ** 20), 65_536),
  );
  expect(() => busy.digestFrom?.({ ...request, into, unit: 0 })).toThrow(RangeError);
});

test('where a thread ended, nothing was read', async () => {
  const own = new HashThread();
  const into = new Uint8Array(new SharedArrayBuffer(2 ** 20));
  const hashing = createHasher({ threads: 1, start: () => own });
  for (let i = 0; i < 66 || !own.isReady; i += 1) await hashing.digestEach(into, 65_536);
  const going = hashing.digestFrom?.({ descriptor: source, offset: 0, into, unit: 65_536, blank: [] });
  await own.stop();
  expect(await going).toBeUndefined();
});

test('what is zeros is not written where zeros are', async () => {
  const into = new Uint8Array(new SharedArrayBuffer(2 ** 20));
  writeFileSync(path('sparse'), '');
  const copy = openSync(path('sparse'), 'r+');
  const blank = [{ start: 65_536 * 3, end: into.length }];
  const to = { descriptor: copy, offset: 0, parts: [{ start: 0, end: into.length }] };
  const from = { descriptor: source, offset: 0, blank };
  await thread.digestEach(into, 65_536, { ...from, to: { ...to, blank: true } });
  expect(statSync(path('sparse')).size).toBe(65_536 * 3);
  await thread.digestEach(into, 65_536, { ...from, to });
  expect(statSync(path('sparse')).size).toBe(into.length);
  closeSync(copy);
});
