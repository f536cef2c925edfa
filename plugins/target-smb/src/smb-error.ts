import type { ErrorCode } from '@sysimage/core/plugin';

/** Why a call of a client failed: the status that the server answered, or what the client found itself. */
export type SmbFailure = { readonly status: number } | { readonly code: ErrorCode; readonly remedy?: string };

/** The one error of a client. The target translates it. Never holds a secret. */
export class SmbError extends Error {
  override readonly name = 'SmbError';
  readonly failure: SmbFailure;

  constructor(failure: SmbFailure, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.failure = failure;
  }
}

/** The status of an error, or `undefined` when it is no answer of a server. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof SmbError && 'status' in error.failure ? error.failure.status : undefined;
}

/** The other end broke the rules of the protocol; nothing that it says can be relied on. */
export function brokenProtocol(what: string, cause?: unknown): SmbError {
  return new SmbError({ code: 'unavailable' }, `the server broke the protocol: ${what}`, { cause });
}
