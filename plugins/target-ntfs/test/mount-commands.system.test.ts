import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { afterAll, expect, test } from '@jest/globals';
import { loopsBelow, makeScratch, mountsBelow, run } from '@sysimage/fixtures';
import { mountNtfs, unmount } from '../src/mount-commands.js';

const scratch = await makeScratch();
afterAll(() => scratch.remove());

test('a mount of a killed run that comes only now is unmounted, and the volume mounted again', async () => {
  const [path, mountPoint] = [scratch.at('volume.img'), scratch.at('mount')];
  await writeFile(path, '');
  await truncate(path, 8 * 1024 * 1024);
  await run('mkntfs', '-FqQ', path);
  await mkdir(mountPoint);
  const request = { path, kind: 'file', mountPoint, readOnly: false } as const;
  await mountNtfs({ ...request, readOnly: true });
  expect(await mountNtfs(request)).toMatchObject({ mountPoint, readOnly: false });
  expect(await mountsBelow(scratch.path)).toHaveLength(1);
  await unmount(mountPoint);
  // Somebody else's mount stays where it is.
  await mkdir(scratch.at('elsewhere'));
  await mountNtfs({ ...request, mountPoint: scratch.at('elsewhere') });
  await expect(mountNtfs(request)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await mountsBelow(scratch.path)).toEqual([scratch.at('elsewhere')]);
  await unmount(scratch.at('elsewhere'));
  expect(await loopsBelow(scratch.path)).toEqual([]);
});
