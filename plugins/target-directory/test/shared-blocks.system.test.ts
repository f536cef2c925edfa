import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { completeTarget } from '@sysimage/core/plugin';
import { makeScratch, run } from '@sysimage/fixtures';
import { conformance } from '@sysimage/target-kit';
import { directory } from '../src/index.js';
import { setupIn } from './setup.js';

// Real file systems on loop devices: needs root.

const scratch = await makeScratch();
afterAll(() => scratch.remove());

for (const [type, size, options] of [
  ['xfs', 320 * 2 ** 20, []],
  ['btrfs', 128 * 2 ** 20, ['--mixed']],
] as const) {
  const folder = scratch.at(type);
  const image = await open(`${folder}.img`, 'w');
  await image.truncate(size);
  await image.close();
  await run(`mkfs.${type}`, '-q', ...options, `${folder}.img`);
  await mkdir(folder);
  await run('mount', '-o', 'loop', `${folder}.img`, folder);
  const setup = setupIn(folder, ['random', 'capacity', 'history']);

  describe(`on ${type}`, () => {
    test.each(conformance({ ...setup, manyObjects: 20 }).cases)('$name', ({ run: tryIt }) => tryIt());

    test('no copies where they are not wanted', async () => {
      const place = await setup.open();
      const url = { options: { path: join(folder, 'plain'), reflinks: false } };
      const target = completeTarget<never>(await directory.open(url, setup.host, 'write'));
      expect(target.capabilities.shadowCopies).toBe('engine');
      expect(place.target.capabilities.shadowCopies).toBe('native');
      await place.dispose();
    });
  });
}
