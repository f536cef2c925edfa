/** What a format reader found wrong: `corrupt` = breaks its own rules; `unsupported` = valid, but not read here. */
export type FormatErrorCode = 'corrupt' | 'unsupported';

const brand = Symbol.for('sysimage.FormatError');

/** The one error of the format rooms. `offset` is where in the bytes of the whole object the fault lies. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly code: FormatErrorCode;
  readonly offset: number | undefined;
  readonly [brand] = true;

  constructor(code: FormatErrorCode, message: string, options: { readonly offset?: number } = {}) {
    super(message);
    this.code = code;
    this.offset = options.offset;
  }
}

/** Recognised by its brand, so that two copies of this package in one process agree. */
export function isFormatError(value: unknown): value is FormatError {
  return typeof value === 'object' && value !== null && brand in value;
}
