import { expect, test } from '@jest/globals';
import { SysimageError, type Disks, type DiskSource, type DiskSummary } from '@sysimage/core';
import { lookAtDisks } from '../src/disks/look-at-disks.js';

const size = 2 ** 20;
const summary = (path: string): DiskSummary => ({
  path,
  size,
  sectorSize: 512,
  removable: false,
  volumes: [{ path, partition: 0, start: 0, size, mounts: [{ mountPoint: '/', readOnly: false }], above: [] }],
});

/** Disks of zeros; `/locked` cannot be opened. */
function fakeDisks(): { readonly disks: Disks; readonly open: Set<string> } {
  const open = new Set<string>();
  const openSource = async (path: string): Promise<DiskSource> => {
    if (path === '/locked') throw new SysimageError('denied', 'nobody may read /locked');
    open.add(path);
    return {
      path,
      kind: 'device',
      size,
      sectorSize: 512,
      mounts: [],
      read: async (_, into) => void into.fill(0),
      close: async () => void open.delete(path),
    };
  };
  const refuse = (): Promise<never> => Promise.reject(new Error('is not opened'));
  const list = async (): Promise<readonly DiskSummary[]> => ['/locked', '/blank'].map(summary);
  return { disks: { list, openSource, openDestination: refuse }, open };
}

test('what may not be read is shown as far as the system tells, with the reason', async () => {
  const { disks, open } = fakeDisks();
  const seen = await lookAtDisks({ disks }, []);
  const root = { role: 'boot', family: 'linux' };
  expect(seen.disks.map(({ disk, layout, roles }) => [disk.path, layout?.scheme, roles])).toEqual([
    ['/locked', undefined, [{ partition: 0, roles: [root], critical: true, unknown: 'nobody may read /locked' }]],
    ['/blank', 'none', [{ partition: 0, roles: [root], critical: true }]],
  ]);
  expect(seen).toMatchObject({ systems: [], paths: ['/blank'] });
  expect(open.size).toBe(0);
});

test('a disk that was named must be readable, and what was opened before it is closed', async () => {
  const { disks, open } = fakeDisks();
  await expect(lookAtDisks({ disks }, ['/blank', '/locked'])).rejects.toMatchObject({ code: 'denied' });
  expect(open.size).toBe(0);
});
