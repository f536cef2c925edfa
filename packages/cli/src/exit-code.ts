import { isSysimageError, type ErrorCode } from '@sysimage/core';

/** Exit codes, as `docs/guide.md` lists them for scripts. Any code that is not listed there means failure. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  incomplete: 3,
  blocked: 13,
  full: 15,
  damaged: 16,
  overdue: 17,
  interrupted: 130,
  terminated: 143,
} as const;

const byErrorCode: Readonly<Record<ErrorCode, number>> = {
  'not-found': 10,
  'already-exists': 1,
  'no-space': exitCodes.full,
  denied: 1,
  credentials: 12,
  invalid: exitCodes.usage,
  corrupt: exitCodes.damaged,
  busy: 11,
  unavailable: 10,
  'media-required': 10,
  unsupported: 1,
  policy: exitCodes.blocked,
  layout: 14,
  cancelled: exitCodes.interrupted,
  internal: 1,
};

export function exitCodeOf(error: unknown): number {
  return isSysimageError(error) ? byErrorCode[error.code] : exitCodes.failed;
}
