import { isSysimageError, SysimageError, type ErrorCode, type Retry } from '@sysimage/core/plugin';

const codes: Readonly<Record<string, readonly [ErrorCode, Retry?]>> = {
  EACCES: ['denied'],
  EPERM: ['denied'],
  EROFS: ['denied'],
  ELOOP: ['denied'],
  ENOSPC: ['no-space'],
  EDQUOT: ['no-space'],
  EFBIG: ['no-space'],
  ENOENT: ['not-found'],
  EEXIST: ['already-exists'],
  ENOTDIR: ['already-exists'],
  EISDIR: ['already-exists'],
  EBUSY: ['busy', 'later'],
  EAGAIN: ['busy', 'later'],
  ENOTSUP: ['unsupported'],
  EIO: ['unavailable'],
  ENOMEDIUM: ['media-required'],
  EMFILE: ['unavailable', 'later'],
  ENFILE: ['unavailable', 'later'],
};

export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/u.test(error.code) ? error.code : undefined;
}

/** Runs calls of the file system and translates what they throw. `name` is the object or path they are about. */
export async function system<T>(operation: string, name: string, calls: () => Promise<T>): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || isSysimageError(error)) throw error;
    const [code, retry] = codes[errno] ?? ['unavailable'];
    throw new SysimageError(code, `The file system refused to ${operation} "${name}": ${errno}`, {
      operation,
      context: { name, errno },
      cause: error,
      ...(retry === undefined ? {} : { retry }),
    });
  }
}
