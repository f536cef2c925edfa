import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import { objectName } from '../../src/contract/names.js';
import type { RandomFile, Target } from '../../src/contract/target.js';
import { ObjectReader } from '../../src/image/object-reader.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget } from '../memory-target.js';

const names = Array.from({ length: 40 }, (_, i) => objectName('o', String(i)));
const content = (i: number): Uint8Array => Uint8Array.from({ length: 100 }, (_, at) => i + at);

interface Counts {
  opened: number;
  closed: number;
  got: number;
}

/** A target whose handles can be lost, and which counts them. */
function counting(counts: Counts, lose: () => boolean = () => false): Target {
  const target = memoryTarget(new Map(names.map((name, i) => [name, MemoryFile.of(content(i))])));
  const { random } = target.facets;
  if (random === undefined) throw new Error('it opens nothing');
  const watched = (file: RandomFile): RandomFile => ({
    ...file,
    read: (offset, into) =>
      lose() ? Promise.reject(new SysimageError('unavailable', 'the connection is gone')) : file.read(offset, into),
    close: async () => {
      counts.closed += 1;
      await file.close();
      if (lose()) throw new SysimageError('unavailable', 'the connection is gone');
    },
  });
  return {
    ...target,
    facets: {
      random: {
        open: async (...call) => {
          counts.opened += 1;
          return watched(await random.open(...call));
        },
      },
    },
    get: (...call) => {
      counts.got += 1;
      return target.get(...call);
    },
  };
}

async function readAll(reader: ObjectReader): Promise<void> {
  for (const [i, name] of names.entries()) {
    const into = new Uint8Array(10);
    await reader.read(name, 5, into);
    expect(into).toEqual(content(i).subarray(5, 15));
  }
}

test('objects stay open from read to read, but not more of them than a system lets', async () => {
  const counts = { opened: 0, closed: 0, got: 0 };
  const reader = new ObjectReader(counting(counts), {});
  for (let round = 0; round < 3; round += 1) await readAll(reader);
  expect(counts).toEqual({ opened: 32, closed: 0, got: 3 * 8 });
  await reader.close();
  expect(counts.closed).toBe(32);
});

test('a handle that is lost is no loss: the object is read by its name', async () => {
  const counts = { opened: 0, closed: 0, got: 0 };
  const reader = new ObjectReader(
    counting(counts, () => true),
    {},
  );
  await readAll(reader);
  await readAll(reader);
  expect(counts).toEqual({ opened: 32, closed: 0, got: 80 });
  await reader.close();
  expect(counts.closed).toBe(32);
});

test('what is not there, or ends too early, is told as the target tells it', async () => {
  const reader = new ObjectReader(counting({ opened: 0, closed: 0, got: 0 }), {});
  await expect(reader.read(objectName('missing'), 0, new Uint8Array(1))).rejects.toMatchObject({ code: 'not-found' });
  await expect(reader.read(objectName('o', '1'), 95, new Uint8Array(6))).rejects.toMatchObject({ code: 'corrupt' });
  await reader.close();
});

test('a target that opens nothing is read by names', async () => {
  const counts = { opened: 0, closed: 0, got: 0 };
  const reader = new ObjectReader({ ...counting(counts), facets: {} }, {});
  await readAll(reader);
  expect(counts).toEqual({ opened: 0, closed: 0, got: 40 });
  await reader.close();
});
