import names from 'smb2/lib/tools/ms_erref.js';
import { isSysimageError, SysimageError, type ErrorCode, type Retry } from '@sysimage/core/plugin';
import { SmbError, statusOf } from './smb-error.js';

/** What a server's answers mean (MS-ERREF 2.3.1). Whatever is not here is `unavailable`. */
const codes: ReadonlyMap<number, readonly [ErrorCode, Retry?]> = new Map([
  [0xc000000f, ['not-found']], // NO_SUCH_FILE
  [0xc0000034, ['not-found']], // OBJECT_NAME_NOT_FOUND
  [0xc000003a, ['not-found']], // OBJECT_PATH_NOT_FOUND
  [0xc0000056, ['not-found']], // DELETE_PENDING
  [0xc00000cc, ['not-found']], // BAD_NETWORK_NAME
  [0xc00000be, ['not-found']], // BAD_NETWORK_PATH
  [0xc0000035, ['already-exists']], // OBJECT_NAME_COLLISION
  [0xc00000ba, ['already-exists']], // FILE_IS_A_DIRECTORY
  [0xc0000103, ['already-exists']], // NOT_A_DIRECTORY
  [0xc0000101, ['already-exists']], // DIRECTORY_NOT_EMPTY
  [0xc0000022, ['denied']], // ACCESS_DENIED
  [0xc00000ca, ['denied']], // NETWORK_ACCESS_DENIED
  [0xc00000a2, ['denied']], // MEDIA_WRITE_PROTECTED
  [0xc0000061, ['denied']], // PRIVILEGE_NOT_HELD
  [0xc0000121, ['denied']], // CANNOT_DELETE
  [0x8000002d, ['denied']], // STOPPED_ON_SYMLINK
  [0xc000006d, ['credentials']], // LOGON_FAILURE
  [0xc000006a, ['credentials']], // WRONG_PASSWORD
  [0xc0000064, ['credentials']], // NO_SUCH_USER
  [0xc000006e, ['credentials']], // ACCOUNT_RESTRICTION
  [0xc000006f, ['credentials']], // INVALID_LOGON_HOURS
  [0xc0000070, ['credentials']], // INVALID_WORKSTATION
  [0xc0000071, ['credentials']], // PASSWORD_EXPIRED
  [0xc0000072, ['credentials']], // ACCOUNT_DISABLED
  [0xc0000193, ['credentials']], // ACCOUNT_EXPIRED
  [0xc0000224, ['credentials']], // PASSWORD_MUST_CHANGE
  [0xc0000234, ['credentials']], // ACCOUNT_LOCKED_OUT
  [0xc000015b, ['credentials']], // LOGON_TYPE_NOT_GRANTED
  [0xc000007f, ['no-space']], // DISK_FULL
  [0xc0000044, ['no-space']], // QUOTA_EXCEEDED
  [0xc0000904, ['unsupported']], // FILE_TOO_LARGE: no room that is made would help
  [0xc0000802, ['no-space']], // DISK_QUOTA_EXCEEDED
  [0xc0000043, ['busy', 'later']], // SHARING_VIOLATION
  [0xc0000054, ['busy', 'later']], // FILE_LOCK_CONFLICT
  [0xc0000055, ['busy', 'later']], // LOCK_NOT_GRANTED
  [0xc0000033, ['invalid']], // OBJECT_NAME_INVALID
  [0xc0000039, ['invalid']], // OBJECT_PATH_INVALID
  [0xc0000106, ['invalid']], // NAME_TOO_LONG
  [0xc00000bb, ['unsupported']], // NOT_SUPPORTED
  [0xc0000002, ['unsupported']], // NOT_IMPLEMENTED
  [0xc0000010, ['unsupported']], // INVALID_DEVICE_REQUEST
  [0xc0000257, ['unsupported']], // PATH_NOT_COVERED: a distributed share
  [0xc0000013, ['unavailable', 'later']], // NO_MEDIA_IN_DEVICE
  [0xc00000cb, ['unavailable', 'later']], // BAD_DEVICE_TYPE
  [0xc00000d0, ['unavailable', 'later']], // REQUEST_NOT_ACCEPTED: too many users
  [0xc000009a, ['unavailable', 'later']], // INSUFFICIENT_RESOURCES
  [0xc00000b5, ['unavailable', 'later']], // IO_TIMEOUT
]);

/** Where a medium that fails has lost the bytes. */
const damage: ReadonlySet<number> = new Set([
  0xc000003e, // DATA_ERROR
  0xc000003f, // CRC_ERROR
  0xc0000032, // DISK_CORRUPT_ERROR
  0xc0000102, // FILE_CORRUPT_ERROR
  0xc000009c, // DEVICE_DATA_ERROR
  0xc0000185, // IO_DEVICE_ERROR
]);
const reading: ReadonlySet<string> = new Set(['get', 'read']);

export const missing: ReadonlySet<number> = new Set([0xc000000f, 0xc0000034, 0xc000003a, 0xc0000056]);
/** A file where a folder was wanted, or the other way round. */
export const wrongKind: ReadonlySet<number> = new Set([0xc00000ba, 0xc0000103]);
export const collision = 0xc0000035;
export const inUse: ReadonlySet<number> = new Set([0xc0000043, 0xc0000054, 0xc0000055]);
export const denied: ReadonlySet<number> = new Set([0xc0000022, 0xc00000a2]);
export const endOfFile: ReadonlySet<number> = new Set([0xc0000011]);
export const noMoreFiles: ReadonlySet<number> = new Set([0x80000006, 0xc000000f]);
/** The session is gone, though the socket is not. */
export const sessionGone: ReadonlySet<number> = new Set([0xc0000203, 0xc000035c, 0xc00000c9, 0xc000020c]);

export function statusError(status: number, what: string): SmbError {
  return new SmbError({ status }, `the server refused to ${what}: ${names.getStatus(status).code}`);
}

/** Runs calls of a client and translates what they throw. `name` is the object or place they are about. */
export async function translated<T>(operation: string, name: string, calls: () => Promise<T>): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    if (!(error instanceof SmbError) || isSysimageError(error)) throw error;
    throw toSysimageError(error, operation, name);
  }
}

function toSysimageError(error: SmbError, operation: string, name: string): SysimageError {
  const status = statusOf(error);
  const { failure } = error;
  const [code, retry] = codeOf(error, operation);
  const remedy = 'remedy' in failure ? failure.remedy : undefined;
  return new SysimageError(code, `The ${operation} of "${name}" failed: ${error.message}`, {
    operation,
    context: { name, ...(status === undefined ? {} : { status: `0x${status.toString(16)}` }) },
    cause: error,
    ...(retry === undefined ? {} : { retry }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function codeOf({ failure }: SmbError, operation: string): readonly [ErrorCode, Retry?] {
  if ('code' in failure) return failure.code === 'unavailable' ? ['unavailable', 'later'] : [failure.code];
  if (damage.has(failure.status)) return [reading.has(operation) ? 'corrupt' : 'unavailable'];
  return codes.get(failure.status) ?? ['unavailable'];
}
