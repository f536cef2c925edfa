import { isSysimageError, SysimageError, type ErrorCode } from '@sysimage/core/plugin';

const codes: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  ENODEV: 'not-found',
  ENXIO: 'not-found',
  // An empty card reader or drive.
  ENOMEDIUM: 'not-found',
  EISDIR: 'invalid',
  ELOOP: 'invalid',
  ENAMETOOLONG: 'invalid',
  EEXIST: 'already-exists',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  EBUSY: 'busy',
  ETXTBSY: 'busy',
};

/** The name of the system's error, or `undefined` when it is none. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/u.test(error.code) ? error.code : undefined;
}

/** Runs calls of the system and translates what they throw. */
export async function system<T>(operation: string, path: string, calls: () => Promise<T>): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || isSysimageError(error)) throw error;
    throw new SysimageError(codes[errno] ?? 'unavailable', `The system refused to ${operation} ${path}: ${errno}`, {
      operation,
      context: { path, errno },
      cause: error,
    });
  }
}
