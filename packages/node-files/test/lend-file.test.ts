import { expect, test } from '@jest/globals';
import { fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { lendFile } from '@sysimage/node-files';

test('a file closes when nobody has its number any more, also when a use fails', async () => {
  const handle = await open(process.execPath, 'r');
  const { fd } = handle;
  const file = lendFile(handle);
  let end = (): void => undefined;
  const using = file.lend(async (descriptor) => {
    await new Promise<void>((resolve) => (end = resolve));
    return fstatSync(descriptor).size;
  });
  const failing = file.lend(() => Promise.reject(new Error('no')));
  let closed = false;
  const closing = file.close().then(() => (closed = true));
  await expect(failing).rejects.toThrow('no');
  expect(closed).toBe(false);
  end();
  expect(await using).toBeGreaterThan(0);
  await closing;
  expect(() => fstatSync(fd)).toThrow('EBADF');
});
