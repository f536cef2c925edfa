import type { Notification } from '@sysimage/notifications';
import type { ResultFacts, RunFacts } from '../run/run-event.js';

/** What commands are told of a run, as the ends of the names of their variables. */
export interface ToldFacts extends Readonly<Record<string, string | number | undefined>> {
  readonly EVENT: string;
}

/** For hooks: what is known so far. */
export function hookFacts(
  position: 'before' | 'after',
  { command, job, target, computer }: RunFacts,
  result?: ResultFacts & { readonly location?: string },
): ToldFacts {
  const error = errorOf(result);
  return {
    EVENT: position,
    COMMAND: command,
    JOB: job,
    TARGET: target,
    COMPUTER: computer,
    LOCATION: result?.location,
    VERSION: result === undefined ? undefined : versionOf(result),
    STATUS: result?.status,
    EXIT_CODE: result?.exitCode,
    ERROR: error?.code,
    ERROR_MESSAGE: error?.message,
  };
}

export function notificationFacts(notification: Notification): ToldFacts {
  const { reason, title, command, job, target, location, computer, version, status, exitCode, error } = notification;
  return {
    EVENT: reason,
    TITLE: title,
    COMMAND: command,
    JOB: job,
    TARGET: target,
    LOCATION: location,
    COMPUTER: computer,
    VERSION: version,
    STATUS: status,
    EXIT_CODE: exitCode,
    ERROR: error?.code,
    ERROR_MESSAGE: error?.message,
  };
}

/** The id of the version that a result is about, which tells it as an id or with all that is known of it. */
export function versionOf({ version }: ResultFacts): string | undefined {
  if (typeof version === 'string') return version;
  if (typeof version !== 'object' || version === null || !('id' in version)) return undefined;
  return typeof version.id === 'string' ? version.id : undefined;
}

export function errorOf(
  result: ResultFacts | undefined,
): { readonly code: string; readonly message: string; readonly remedy?: string } | undefined {
  const error = result?.['error'];
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return undefined;
  const remedy = 'remedy' in error && typeof error.remedy === 'string' ? { remedy: error.remedy } : {};
  return { code: String(error.code), message: String(error.message), ...remedy };
}
