import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createWriteQueue } from '@sysimage/node-files';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sysimage-node-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

const pieces = fc.array(
  fc.record({
    gap: fc.constantFrom(0, 0, 0, 5, -3),
    length: fc.integer({ min: 0, max: 40 }),
    fill: fc.integer({ min: 1, max: 255 }),
  }),
  { maxLength: 40 },
);

/** A real file whose system takes at most `most` bytes in a call, as one on a full disk or a share does, and counts the calls. */
function taking(handle: FileHandle, most: number, calls: { count: number }): FileHandle {
  const short = {
    write: (bytes: Uint8Array, at: number, length: number, position: number) => {
      calls.count += 1;
      return handle.write(bytes, at, Math.min(length, most), position);
    },
    writev: (buffers: readonly Uint8Array[], position: number) => {
      calls.count += 1;
      return handle.write(Buffer.concat(buffers).subarray(0, most), 0, undefined, position);
    },
  };
  return new Proxy(handle, { get: (real, key) => Reflect.get(key in short ? short : real, key) });
}

test('whatever waits, and however little the system takes at once: the file is as if each write had come alone', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 100 }), async (wanted, most) => {
      const path = join(folder, 'file');
      const handle = await open(path, 'w');
      const expected = Buffer.alloc(4096);
      let [at, end] = [0, 0];
      try {
        const queue = createWriteQueue(taking(handle, most, { count: 0 }));
        const writes = wanted.map(({ gap, length, fill }) => {
          at = Math.max(0, at + gap);
          const bytes = new Uint8Array(length).fill(fill);
          expected.set(bytes, at);
          const write = queue.write(bytes, at);
          at += length;
          if (length > 0) end = Math.max(end, at);
          return write;
        });
        await Promise.all(writes);
      } finally {
        await handle.close();
      }
      expect(await readFile(path)).toEqual(expected.subarray(0, end));
    }),
  );
});

test('neighbours that wait for one another become one call', async () => {
  const handle = await open(join(folder, 'together'), 'w');
  const calls = { count: 0 };
  try {
    const queue = createWriteQueue(taking(handle, 2 ** 30, calls));
    await Promise.all(Array.from({ length: 9 }, (_, i) => queue.write(new Uint8Array(10).fill(i), i * 10)));
  } finally {
    await handle.close();
  }
  // The first began before the others came.
  expect(calls.count).toBe(2);
});

test('each write hears of its own failure, and the next ones are tried', async () => {
  const path = join(folder, 'file');
  const handle = await open(path, 'w');
  const reader = await open(path, 'r');
  try {
    let target = reader;
    const either = new Proxy(handle, {
      get:
        (_, key) =>
        (...args: unknown[]) =>
          Reflect.apply(Reflect.get(target, key), target, args),
    });
    const queue = createWriteQueue(either);
    const failing = [0, 10, 30].map((at) => queue.write(new Uint8Array(10).fill(1), at));
    const results = await Promise.allSettled(failing);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    for (const result of results) expect(result).toHaveProperty('reason.code', 'EBADF');
    target = handle;
    await queue.write(new Uint8Array(3).fill(7), 0);
  } finally {
    await handle.close();
    await reader.close();
  }
  expect([...(await readFile(path))]).toEqual([7, 7, 7]);
});
