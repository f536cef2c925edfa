import { expect, test } from '@jest/globals';
import { SysimageError } from '@sysimage/core/plugin';
import { translate } from '../src/s3-errors.js';

const reply = (name: string, status?: number): Error =>
  Object.assign(new Error('text is never looked at: NoSuchKey AccessDenied'), {
    name,
    $metadata: { httpStatusCode: status },
    $response: { headers: { 'x-amz-security-token': 'SECRET' } },
    StringToSign: 'SECRET',
  });
const system = (code: string): Error => Object.assign(new Error(code), { code });

test.each([
  [reply('NoSuchBucket', 404), 'not-found', 'never'],
  [reply('NoSuchKey', 404), 'not-found', 'never'],
  [reply('NotFound', 404), 'not-found', 'never'],
  [reply('InvalidAccessKeyId', 403), 'credentials', 'never'],
  [reply('SignatureDoesNotMatch', 403), 'credentials', 'never'],
  [reply('ExpiredToken', 400), 'credentials', 'never'],
  [reply('RequestTimeTooSkewed', 403), 'credentials', 'never'],
  [reply('CredentialsProviderError'), 'credentials', 'never'],
  [reply('AccessDenied', 403), 'denied', 'never'],
  [reply('UnknownError', 403), 'denied', 'never'],
  [reply('QuotaExceeded', 403), 'no-space', 'never'],
  [reply('Whatever', 507), 'no-space', 'never'],
  [reply('PermanentRedirect', 301), 'invalid', 'never'],
  [reply('InvalidRange', 416), 'corrupt', 'never'],
  [reply('BadDigest', 400), 'unavailable', 'later'],
  [reply('OperationAborted', 409), 'busy', 'later'],
  [reply('SlowDown', 503), 'unavailable', 'later'],
  [reply('InternalError', 500), 'unavailable', 'later'],
  [reply('TooManyRequests', 429), 'unavailable', 'later'],
  [reply('NotImplemented', 501), 'unsupported', 'never'],
  [reply('Odd', 400), 'unsupported', 'never'],
  [reply('TimeoutError'), 'unavailable', 'later'],
  [system('ECONNREFUSED'), 'unavailable', 'later'],
  [system('ECONNRESET'), 'unavailable', 'later'],
  [system('ENOTFOUND'), 'unavailable', 'later'],
  [system('CERT_HAS_EXPIRED'), 'unavailable', 'never'],
  ['nonsense', 'unavailable', 'later'],
  [undefined, 'unavailable', 'later'],
] as const)('%s is %s, to be tried %s', (error, code, retry) => {
  const translated = translate(error, 'put', 'a/b', undefined);
  expect(translated).toMatchObject({ code, retry, operation: 'put', context: { name: 'a/b' } });
  expect(`${translated.message} ${JSON.stringify(translated)} ${String(translated.cause)}`).not.toContain('SECRET');
  expect(translated.message).not.toContain('text is never looked at');
});

test('a name that is no word is not repeated, and our own errors come through', () => {
  expect(translate(reply('evil \u{1b}[31m', 404), 'get', 'a', undefined).message).toBe(
    'The server did not get "a": 404',
  );
  const own = new SysimageError('busy', 'own');
  expect(translate(own, 'get', 'a', undefined)).toBe(own);
  const signal = AbortSignal.abort();
  expect(translate(system('ECONNRESET'), 'get', 'a', { signal })).toMatchObject({ code: 'cancelled' });
});
