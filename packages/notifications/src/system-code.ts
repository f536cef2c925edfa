/** `ECONNREFUSED` and the like, of an error or of what caused it: the only part of it that nobody else has worded. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/u.test(code)) return code;
  return 'cause' in error ? systemCodeOf(error.cause) : undefined;
}
