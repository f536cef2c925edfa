import { expect, test } from '@jest/globals';
import { isSysimageError } from '@sysimage/core/plugin';
import { SysimageError } from '@sysimage/core/plugin';
import { errnoOf, system } from '../src/system-errors.js';

const failed = (operation: string, error: unknown): Promise<unknown> =>
  system(operation, 'a/b', () => Promise.reject(error));

test('the codes of the system become those of the contract', async () => {
  for (const [code, expected] of [
    ['EACCES', 'denied'],
    ['EPERM', 'denied'],
    ['EROFS', 'denied'],
    ['ENOSPC', 'no-space'],
    ['EFBIG', 'unsupported'],
    ['ENOENT', 'not-found'],
    ['EIO', 'unavailable'],
    ['ESTALE', 'unavailable'],
    ['EWHATEVER', 'unavailable'],
  ] as const) {
    const cause = { code, message: 'text is never looked at' };
    await expect(failed('put', cause)).rejects.toMatchObject({
      code: expected,
      operation: 'put',
      context: { name: 'a/b', errno: code },
      cause,
    });
  }
  await expect(failed('get', { code: 'EIO' })).rejects.toMatchObject({ code: 'corrupt' });
  await expect(failed('read', { code: 'EIO' })).rejects.toMatchObject({ code: 'corrupt' });
});

test('a number without a name is looked up', async () => {
  const quota = { code: 'Unknown system error -122', errno: -122 };
  expect(errnoOf(quota)).toBe('EDQUOT');
  await expect(failed('put', quota)).rejects.toMatchObject({ code: 'no-space' });
});

test('other errors pass as they are', async () => {
  const own = new SysimageError('cancelled', 'stop');
  await expect(failed('put', own)).rejects.toBe(own);
  const other = new TypeError('bug');
  await expect(failed('put', other)).rejects.toBe(other);
  expect(errnoOf({ code: 'ERR_INVALID_ARG_TYPE' })).toBeUndefined();
  expect(errnoOf('EIO')).toBeUndefined();
});

test('what can be done is told where that is known', async () => {
  const remedyOf = async (code: string): Promise<unknown> =>
    system('put', 'a', () => Promise.reject(Object.assign(new Error(code), { code }))).catch((error: unknown) =>
      isSysimageError(error) ? error.remedy : error,
    );
  expect(await remedyOf('EROFS')).toMatch(/mount it for writing/u);
  expect(await remedyOf('EACCES')).toMatch(/root/u);
  expect(await remedyOf('ENOSPC')).toMatch(/Free some room/u);
  expect(await remedyOf('ECONNABORTED')).toMatch(/mount it again/u);
  expect(await remedyOf('EMFILE')).toBeUndefined();
});
