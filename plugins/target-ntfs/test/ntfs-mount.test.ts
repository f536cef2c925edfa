import { expect, test } from '@jest/globals';
import { ntfsFolderAt } from '../src/ntfs-mount.js';

test('another file system is refused by name', async () => {
  await expect(ntfsFolderAt('/proc/self')).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('proc') as unknown,
  });
});
