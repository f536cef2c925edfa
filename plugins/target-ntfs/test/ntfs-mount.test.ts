import { expect, test } from '@jest/globals';
import { ntfsMountOf } from '../src/ntfs-mount.js';

test('another file system is refused by name', async () => {
  await expect(ntfsMountOf('/proc/self')).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('proc') as unknown,
  });
});
