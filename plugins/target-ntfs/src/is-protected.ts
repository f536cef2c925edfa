import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { deviceNumber } from '@sysimage/block-device';

/** The kernel itself lets nobody write to it; it opens such a device for writing all the same. */
export async function isProtected(path: string): Promise<boolean> {
  const found = await stat(path, { bigint: true });
  if (found.isBlockDevice()) {
    const flag = `/sys/dev/block/${deviceNumber(found.rdev)}/ro`;
    return (await readFile(flag, 'utf8').catch(() => '')).trim() === '1';
  }
  return access(path, constants.W_OK).then(
    () => false,
    () => true,
  );
}
