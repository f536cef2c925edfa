import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SysimageError } from '@sysimage/core/plugin';

// A disk may have to write much first.
const timeout = 600_000;

/** Either is part of every Linux. Only root may use the first, which has what is mounted there written to it before. */
const flush = (path: string): readonly string[] => ['blockdev', '--flushbufs', path];
const advise = (path: string): readonly string[] => ['dd', `if=${path}`, 'iflag=nocache', 'count=0', 'status=none'];

/**
 * What the kernel remembers of a device is not what a file system wrote to a partition of it since: of each it has a memory of its own, and keeps
 * that of a disk for as long as any part of it is mounted. `inUse`: a file system on the device itself is not to be asked to write, for it may be
 * frozen. Errors: `unavailable`.
 */
export async function forgetRead(path: string, { inUse = false }: { readonly inUse?: boolean } = {}): Promise<void> {
  const { PATH: folders = '' } = process.env;
  const env = { ...process.env, LC_ALL: 'C', PATH: `${folders}:/usr/sbin:/sbin` };
  let last: unknown;
  const ways = [flush(path), advise(path)];
  for (const [program = '', ...words] of inUse ? ways.toReversed() : ways) {
    try {
      await promisify(execFile)(program, words, { timeout, env });
      return;
    } catch (error) {
      last = error;
    }
  }
  throw new SysimageError(
    'unavailable',
    `What the kernel remembers of ${path} may be old, and it cannot be told to forget it`,
    {
      operation: 'open',
      context: { path },
      remedy: 'Run sysimage as root, with "blockdev" of util-linux installed.',
      cause: last,
    },
  );
}
