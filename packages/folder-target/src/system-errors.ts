import { constants } from 'node:os';
import { isSysimageError, SysimageError, type ErrorCode, type Retry } from '@sysimage/core/plugin';

const codes: Readonly<Record<string, readonly [ErrorCode, Retry?]>> = {
  EACCES: ['denied'],
  EPERM: ['denied'],
  EROFS: ['denied'],
  // A symbolic link where none may be.
  ELOOP: ['denied'],
  ENOSPC: ['no-space'],
  EDQUOT: ['no-space'],
  // No room that is made would help.
  EFBIG: ['unsupported'],
  ENOENT: ['not-found'],
  // An object where a folder must be, or the other way round.
  EEXIST: ['already-exists'],
  ENOTDIR: ['already-exists'],
  EISDIR: ['already-exists'],
  ENOTEMPTY: ['already-exists'],
  EBUSY: ['busy', 'later'],
  ETXTBSY: ['busy', 'later'],
  EAGAIN: ['busy', 'later'],
  ENAMETOOLONG: ['invalid'],
  ENOTSUP: ['unsupported'],
  EOPNOTSUPP: ['unsupported'],
  ENOSYS: ['unsupported'],
  ENOLCK: ['unsupported'],
  EIO: ['unavailable'],
  ENODEV: ['unavailable'],
  ENXIO: ['unavailable'],
  ESTALE: ['unavailable'],
  ENOTCONN: ['unavailable'],
  ETIMEDOUT: ['unavailable', 'later'],
  EMFILE: ['unavailable', 'later'],
  ENFILE: ['unavailable', 'later'],
  ENOMEM: ['unavailable', 'later'],
};

// libuv has no name for some numbers (EDQUOT), so the number is looked up too.
const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The name of the system's error, or `undefined` when it is none. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string' && error.code in codes) return error.code;
  if ('errno' in error && typeof error.errno === 'number') {
    return names.get(Math.abs(error.errno)) ?? `${Math.abs(error.errno)}`;
  }
  return 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/u.test(error.code) ? error.code : undefined;
}

/** Runs calls of the file system and translates what they throw. `name` is the object or path they are about. */
export async function system<T>(operation: string, name: string, calls: () => Promise<T>): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    throw translate(error, operation, name);
  }
}

function translate(error: unknown, operation: string, name: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined || isSysimageError(error)) return error;
  const [code, retry] = codes[errno] ?? ['unavailable'];
  return new SysimageError(
    operation in reading && errno === 'EIO' ? 'corrupt' : code,
    sentence(operation, name, errno),
    {
      operation,
      context: { name, errno },
      cause: error,
      ...remedyOf(errno, code),
      ...(retry === undefined ? {} : { retry }),
    },
  );
}

/** Where a medium that fails has lost the bytes. */
const reading: Readonly<Record<string, true>> = { get: true, read: true };

const goneRemedy = 'What was mounted there is gone: mount it again, and run the command again.';

const remedies: Readonly<Record<string, string>> = {
  EIO: 'The medium, or what serves it, has failed: the log of the kernel (dmesg) says more.',
  ECONNABORTED: goneRemedy,
  ENOTCONN: goneRemedy,
  ESTALE: goneRemedy,
  ENODEV: goneRemedy,
  EROFS: 'It can only be read: mount it for writing, or choose another target.',
  EACCES: 'Run sysimage as somebody who may write there, such as root.',
  EPERM: 'Run sysimage as somebody who may write there, such as root.',
};

function remedyOf(errno: string, code: ErrorCode): { readonly remedy?: string } {
  const remedy = code === 'no-space' ? fullRemedy : remedies[errno];
  return remedy === undefined ? {} : { remedy };
}

const fullRemedy = 'Free some room on the target, or choose a larger one. What was complete before is as it was.';

function sentence(operation: string, name: string, errno: string): string {
  return `The file system refused to ${operation} "${name}": ${errno}`;
}
