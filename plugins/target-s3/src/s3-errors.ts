import { isSysimageError, SysimageError, type CallOptions, type ErrorCode, type Retry } from '@sysimage/core/plugin';

type Meaning = readonly [code: ErrorCode, retry?: Retry, remedy?: string];

const keysRemedy = 'Check the access key and the secret key of the target.';
const clockRemedy = 'Set the clock of this machine, or of the server.';
const roomRemedy = 'Free some room, or ask for a larger quota. What was complete before is as it was.';
const regionRemedy = 'Give the region and the endpoint of the bucket.';
const bucketRemedy = 'Make the bucket first, or correct its name or the endpoint.';

/** What servers call their refusals. */
const byName: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['NoSuchBucket', ['not-found', 'never', bucketRemedy]],
  ['NoSuchKey', ['not-found']],
  ['NotFound', ['not-found']],
  // Somebody aborted the upload.
  ['NoSuchUpload', ['unavailable', 'later']],
  ['InvalidPart', ['unavailable', 'later']],
  ['InvalidAccessKeyId', ['credentials', 'never', keysRemedy]],
  ['SignatureDoesNotMatch', ['credentials', 'never', keysRemedy]],
  ['InvalidToken', ['credentials', 'never', keysRemedy]],
  ['ExpiredToken', ['credentials', 'never', keysRemedy]],
  ['TokenRefreshRequired', ['credentials', 'never', keysRemedy]],
  ['CredentialsProviderError', ['credentials', 'never', keysRemedy]],
  ['TokenProviderError', ['credentials', 'never', keysRemedy]],
  ['RequestTimeTooSkewed', ['credentials', 'never', clockRemedy]],
  ['AccessDenied', ['denied']],
  ['AllAccessDisabled', ['denied']],
  ['MethodNotAllowed', ['denied']],
  ['QuotaExceeded', ['no-space', 'never', roomRemedy]],
  ['ServiceQuotaExceededException', ['no-space', 'never', roomRemedy]],
  ['InsufficientStorage', ['no-space', 'never', roomRemedy]],
  ['XMinioStorageFull', ['no-space', 'never', roomRemedy]],
  ['EntityTooLarge', ['invalid']],
  ['InvalidBucketName', ['invalid']],
  ['PermanentRedirect', ['invalid', 'never', regionRemedy]],
  ['AuthorizationHeaderMalformed', ['invalid', 'never', regionRemedy]],
  ['InvalidRange', ['corrupt']],
  // The bytes changed on the way.
  ['BadDigest', ['unavailable', 'later']],
  ['XAmzContentSHA256Mismatch', ['unavailable', 'later']],
  ['OperationAborted', ['busy', 'later']],
  ['SlowDown', ['unavailable', 'later']],
  ['RequestTimeout', ['unavailable', 'later']],
  ['NotImplemented', ['unsupported']],
  // In an archive that must be asked for it hours ahead.
  ['InvalidObjectState', ['unavailable']],
]);

/** For names that are not above; a HEAD has no name at all. */
const byStatus: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [301, ['invalid', 'never', regionRemedy]],
  [307, ['unavailable', 'later']],
  [400, ['unsupported']],
  [401, ['credentials', 'never', keysRemedy]],
  [403, ['denied']],
  [404, ['not-found']],
  [405, ['denied']],
  [408, ['unavailable', 'later']],
  [409, ['busy', 'later']],
  [411, ['unsupported']],
  [413, ['invalid']],
  [416, ['corrupt']],
  [429, ['unavailable', 'later']],
  [501, ['unsupported']],
  [507, ['no-space', 'never', roomRemedy]],
]);

/** Lines that fail in a way that time does not mend. */
const forGood: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'EPROTO',
]);

export interface Failure {
  /** The server's or the system's word for it; undefined when it is none. */
  readonly name: string | undefined;
  readonly status: number | undefined;
}

/** What a failed call says, reduced to what is no secret: replies repeat headers and signatures. */
export function failureOf(error: unknown): Failure {
  const status = field(field(error, '$metadata'), 'httpStatusCode');
  const names = [field(error, 'code'), field(error, 'Code'), field(error, 'name')];
  const name = names.find((word) => typeof word === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/u.test(word));
  return {
    name: typeof name === 'string' ? name : undefined,
    status: typeof status === 'number' ? status : undefined,
  };
}

/** Runs calls of the client and translates what they throw. `name` is the object or bucket they are about. */
export async function s3<T>(
  operation: string,
  name: string,
  options: CallOptions | undefined,
  calls: () => Promise<T>,
): Promise<T> {
  try {
    return await calls();
  } catch (error) {
    throw translate(error, operation, name, options);
  }
}

export function translate(
  error: unknown,
  operation: string,
  name: string,
  options: CallOptions | undefined,
): SysimageError {
  if (isSysimageError(error)) return error;
  if (options?.signal?.aborted === true) {
    return new SysimageError('cancelled', `The ${operation} was cancelled`, { operation });
  }
  const failure = failureOf(error);
  const [code, retry = 'never', remedy] = meaningOf(failure);
  const words = [failure.name, failure.status].filter((word) => word !== undefined).join(' ');
  return new SysimageError(code, `The server did not ${operation} "${name}": ${words === '' ? 'unknown' : words}`, {
    operation,
    // Not the error itself: it holds the request with all its headers.
    context: { name, error: failure.name, status: failure.status },
    retry,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function meaningOf({ name, status }: Failure): Meaning {
  const known = name === undefined ? undefined : byName.get(name);
  if (known !== undefined) return known;
  const byNumber = status === undefined ? undefined : byStatus.get(status);
  if (byNumber !== undefined) return byNumber;
  return name !== undefined && forGood.has(name) ? ['unavailable'] : ['unavailable', 'later'];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
