import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import { inspectDisk } from '../../src/flow/inspect-disk.js';
import { inspectSystems, surveySystems } from '../../src/flow/inspect-systems.js';
import { mbrDisk, mebibyte, putExt, sourceOf } from '../small-disk.js';

const start = 2048;

test('a volume of which a part cannot be read may hold a system that nobody sees', async () => {
  const bytes = mbrDisk(8 * mebibyte, { start, count: (6 * mebibyte) / 512 });
  // Without a root directory.
  putExt(bytes, start * 512, 6 * mebibyte);
  const inspected = [await inspectDisk(sourceOf(bytes))];
  const unread = [{ disk: 0, partition: 1, why: 'not all of this ext2 can be read' }];
  expect(await surveySystems(inspected)).toEqual({ systems: [], unread });
  expect(await inspectSystems(inspected)).toEqual({ systems: [], unread });
});

test('so may one behind a bad sector; a disk that fails otherwise is an error', async () => {
  const bytes = mbrDisk(8 * mebibyte, { start, count: (6 * mebibyte) / 512 });
  putExt(bytes, start * 512, 6 * mebibyte);
  const [disk] = [await inspectDisk(sourceOf(bytes))];
  const failing = (error: Error) => [{ ...disk, source: { ...disk.source, read: () => Promise.reject(error) } }];
  expect(await inspectSystems(failing(new SysimageError('corrupt', 'EIO')))).toMatchObject({
    unread: [{ why: 'nobody can look into ext2' }],
  });
  await expect(inspectSystems(failing(new SysimageError('unavailable', 'gone')))).rejects.toMatchObject({
    code: 'unavailable',
  });
});
