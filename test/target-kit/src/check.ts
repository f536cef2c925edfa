import { isSysimageError, type ErrorCode } from '@sysimage/core/plugin';

/** Fails a case with a sentence. The kit brings its own checks, so that it runs under any test runner, and under none. */
export function check(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence);
}

/** The work must be refused with one of these codes. */
export async function mustReject(work: Promise<unknown>, codes: readonly ErrorCode[], what: string): Promise<void> {
  let error: unknown;
  try {
    await work;
  } catch (caught) {
    error = caught;
  }
  check(error !== undefined, `${what}: it was accepted`);
  check(
    isSysimageError(error) && codes.includes(error.code),
    `${what}: the error is ${describe(error)}, not ${codes.join(' or ')}`,
  );
}

/** An error as the kit tells of it. */
export function describe(error: unknown): string {
  if (isSysimageError(error)) return error.code;
  const said = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : typeof error;
  return `no SysimageError (${said})`;
}

/** A call that never ends is a fault as well. */
export async function within<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing came for ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
