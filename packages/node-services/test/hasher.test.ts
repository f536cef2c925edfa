import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HashThread } from '../src/hash-thread.js';
import { createHasher } from '../src/hasher.js';

const hasher = createHasher();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The input of the official test vectors: 0 to 250, over and over. */
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 251);

// First 32 bytes of "hash" in test_vectors.json of the BLAKE3 repository.
const vectors: readonly (readonly [number, string])[] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1023, '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  [1025, 'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444'],
  [2048, 'e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a'],
  [102400, 'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085'],
];

test('is BLAKE3', () => {
  for (const [length, digest] of vectors) expect(hex(hasher.digest(pattern(length)))).toBe(digest);
  expect(hex(hasher.digest(new TextEncoder().encode('abc')))).toBe(
    '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85',
  );
});

test('sees only its part of a larger buffer', () => {
  const bytes = pattern(5000);
  const frame = new Uint8Array(9000).fill(0xff);
  frame.set(bytes, 1234);
  expect(hex(hasher.digest(frame.subarray(1234, 6234)))).toBe(hex(hasher.digest(bytes)));
  expect(hex(hasher.digest(Buffer.from(frame.buffer, 1234, 5000)))).toBe(hex(hasher.digest(bytes)));
});

test('a digest for each unit, the last may be shorter', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 2000 }),
      fc.integer({ min: 1, max: 700 }),
      fc.nat(64),
      async (bytes, unit, shift) => {
        const frame = new Uint8Array(bytes.byteLength + shift);
        frame.set(bytes, shift);
        const expected: string[] = [];
        for (let at = 0; at < bytes.byteLength; at += unit)
          expected.push(hex(hasher.digest(bytes.slice(at, at + unit))));
        expect(hex(await hasher.digestEach(frame.subarray(shift), unit))).toBe(expected.join(''));
      },
    ),
  );
  await expect(hasher.digestEach(new Uint8Array(1), 0)).rejects.toThrow(RangeError);
});

/** As often as threads need to begin: what is hashed before is hashed here. */
async function warm(of: ReturnType<typeof createHasher>): Promise<void> {
  const bytes = new Uint8Array(new SharedArrayBuffer(2 ** 20));
  for (let i = 0; i < 66; i += 1) await of.digestEach(bytes, 65_536);
}

describe('in threads', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3 * 2 ** 20));
  for (let at = 0; at < shared.length; at += 1) shared[at] = (at * 7) % 253;
  const expected = (from: number, unit: number): string =>
    Array.from({ length: Math.ceil((shared.length - from) / unit) }, (_, i) =>
      hex(hasher.digest(shared.slice(from + i * unit, from + (i + 1) * unit))),
    ).join('');

  test('the digests are the same, of many at once', async () => {
    const threaded = createHasher({ threads: 2 });
    await warm(threaded);
    for (let round = 0; round < 20; round += 1) {
      const found = await Promise.all(
        [0, 1, 65_536, 70_001].map((from) => threaded.digestEach(shared.subarray(from), 65_536)),
      );
      expect(found.map(hex)).toEqual([0, 1, 65_536, 70_001].map((from) => expected(from, 65_536)));
    }
  });

  test.each([64, 66, 200])('they keep no process alive, after %i MiB', async (count) => {
    const program = `
      import { createHasher } from ${JSON.stringify(import.meta.resolve('../src/hasher.js'))};
      const hasher = createHasher({ threads: 2 });
      const bytes = new Uint8Array(new SharedArrayBuffer(2 ** 20));
      for (let i = 0; i < ${count}; i += 2)
        await Promise.all([hasher.digestEach(bytes, 65_536), hasher.digestEach(bytes, 65_536)]);`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { timeout: 20_000 });
  });

  test('what is expected to be much is hashed there from the beginning', async () => {
    const threads: HashThread[] = [];
    const start = (): HashThread => {
      const thread = new HashThread();
      threads.push(thread);
      return thread;
    };
    const threaded = createHasher({ threads: 1, start });
    threaded.expect?.(2 ** 26 - 1);
    expect(threads).toEqual([]);
    threaded.expect?.(2 ** 26);
    threaded.expect?.(2 ** 30);
    expect(threads).toHaveLength(1);
    while (threads[0]?.isReady === false) await threaded.digestEach(shared, 65_536);
    const going = threaded.digestEach(shared, 65_536);
    expect(threads[0]?.load).toBe(1);
    expect(hex(await going)).toBe(expected(0, 65_536));
  });

  test('where threads end, the calling one does their work', async () => {
    const threads: HashThread[] = [];
    const threaded = createHasher({
      threads: 1,
      start: () => {
        const thread = new HashThread();
        threads.push(thread);
        return thread;
      },
    });
    await warm(threaded);
    const [thread] = threads;
    if (thread === undefined) throw new Error('no thread was started');
    while (!thread.isReady) await threaded.digestEach(shared, 65_536);
    const going = threaded.digestEach(shared, 65_536);
    expect(thread.load).toBe(1);
    await thread.stop();
    expect(hex(await going)).toBe(expected(0, 65_536));
    expect(hex(await threaded.digestEach(shared, 65_536))).toBe(expected(0, 65_536));
    expect(threads).toHaveLength(1);
  });

  test('what a thread cannot be told is rejected, and nothing waits for it', async () => {
    const thread = new HashThread();
    const detached = new Uint8Array(8);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    await expect(thread.digestEach(detached, 8)).rejects.toMatchObject({ name: 'DataCloneError' });
    expect(thread.load).toBe(0);
    expect(hex((await thread.digestEach(shared.subarray(0, 64), 64)) ?? new Uint8Array(0))).toBe(
      hex(hasher.digest(shared.slice(0, 64))),
    );
    await thread.stop();
    await expect(thread.digestEach(shared, 65_536)).rejects.toThrow('ended');
  });
});
