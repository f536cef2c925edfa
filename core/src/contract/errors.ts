/** What went wrong, in the few words that callers act on. Text is for people and is never matched. */
export type ErrorCode =
  | 'not-found'
  | 'already-exists'
  | 'no-space'
  | 'denied'
  | 'credentials'
  | 'invalid'
  | 'corrupt'
  | 'busy'
  | 'unavailable'
  | 'media-required'
  | 'unsupported'
  | 'policy'
  | 'layout'
  | 'cancelled'
  | 'internal';

/** `never`: the same call will fail again. `later`: it may succeed. `exhausted`: it was repeated in vain. */
export type Retry = 'never' | 'later' | 'exhausted';

/** Facts about the failed call, for logs and messages. Never secrets. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SysimageErrorOptions {
  readonly retry?: Retry;
  /** The call that failed: `put`, `flush`, `restore`… */
  readonly operation?: string;
  readonly context?: ErrorContext;
  /** What the user can do next, as a sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

const brand = Symbol.for('sysimage.SysimageError');

/** The one error of the contracts. `message` says what happened and where. */
export class SysimageError extends Error {
  override readonly name = 'SysimageError';
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly operation: string | undefined;
  readonly context: ErrorContext;
  readonly remedy: string | undefined;
  readonly [brand] = true;

  constructor(code: ErrorCode, message: string, options: SysimageErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? 'never';
    this.operation = options.operation;
    this.context = options.context ?? {};
    this.remedy = options.remedy;
  }
}

/** Recognised by brand, so that two copies of core in one process agree. With `code`: only that code. */
export function isSysimageError(value: unknown, code?: ErrorCode): value is SysimageError {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false;
  return code === undefined || ('code' in value && value.code === code);
}
