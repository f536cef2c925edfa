import { expect, test } from '@jest/globals';
import { FormatError } from '@sysimage/bytes';
import fc from 'fast-check';
import { SysimageError } from '../../src/contract/errors.js';
import { objectName } from '../../src/contract/names.js';
import type { Target } from '../../src/contract/target.js';
import { asCorrupt, putBytes, readRange, readSmall, readStored } from '../../src/image/object-io.js';
import { hasher } from '../hasher.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget } from '../memory-target.js';

const name = objectName('a', 'b');
const content = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);
const corrupt = { code: 'corrupt', context: expect.objectContaining({ object: name }) };

function here(): Target {
  return memoryTarget(new Map([[name, MemoryFile.of(content)]]));
}

/** A target that hands out these chunks, whatever it is asked for. */
function handing(...chunks: readonly Uint8Array[]): Target {
  return {
    ...here(),
    get: async function* () {
      yield* chunks;
    },
  };
}

test('a range comes back however it is cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }), async (chunks) => {
      const whole = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
      expect(await readRange(handing(...chunks), name, 7, 7 + whole.length)).toEqual(whole);
    }),
  );
});

test('a target that returns more or less than was asked for is not believed', async () => {
  await expect(readRange(handing(content), name, 0, 999)).rejects.toMatchObject(corrupt);
  await expect(readRange(handing(content), name, 0, 1001)).rejects.toMatchObject(corrupt);
  await expect(readRange(handing(content, content), name, 0, 1000)).rejects.toMatchObject(corrupt);
  await expect(readRange(handing(), name, 0, 1)).rejects.toMatchObject(corrupt);
});

test('a small object is read whole; none is none, and too large is corrupt before a byte is read', async () => {
  expect(await readSmall(here(), name, 1000)).toEqual(content);
  expect(await readSmall(here(), objectName('missing'), 1000)).toBeUndefined();
  const unread: Target = {
    ...here(),
    get: () => {
      throw new Error('not to be read');
    },
  };
  await expect(readSmall(unread, name, 999)).rejects.toMatchObject(corrupt);
});

test('a stored object has the size and the digest that were recorded', async () => {
  const target = here();
  const stored = await putBytes((...call) => target.put(...call), name, content, hasher);
  expect(await readStored(target, stored, hasher)).toEqual(content);
  await expect(readStored(target, { ...stored, size: 999 }, hasher)).rejects.toMatchObject(corrupt);
  await expect(readStored(target, { ...stored, digest: '0'.repeat(64) }, hasher)).rejects.toMatchObject(corrupt);
  const missing = { ...stored, name: objectName('missing') };
  await expect(readStored(target, missing, hasher)).rejects.toMatchObject({ code: 'corrupt' });
});

test.each([1001, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])('a recorded size of %i takes no memory', async (size) => {
  const { arrayBuffers } = process.memoryUsage();
  const stored = { name, size, digest: '0'.repeat(64) };
  await expect(readStored(here(), stored, hasher)).rejects.toMatchObject({ code: 'corrupt' });
  expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(64 * 1024 * 1024);
});

test('what a format says becomes the error of the contracts; everything else passes', () => {
  const format = new FormatError('corrupt', 'bad magic', { offset: 12 });
  expect(asCorrupt(format, name)).toMatchObject({
    code: 'corrupt',
    message: `${name}: bad magic`,
    context: { object: name, offset: 12 },
    cause: format,
  });
  expect(asCorrupt(new FormatError('unsupported', 'x'), name)).toMatchObject({ code: 'unsupported' });
  for (const other of [new SysimageError('busy', 'x'), new TypeError('x'), undefined, 'text']) {
    expect(asCorrupt(other, name)).toBe(other);
  }
});
