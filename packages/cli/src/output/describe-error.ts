import { isSysimageError } from '@sysimage/core';
import { printable } from './format.js';
import { paint, type Terminal } from './terminal.js';

/** What happened and where, why, and the next step. The stack only for those who ask. */
export function describeError(error: unknown, terminal: Terminal, verbose: boolean): string {
  // What goes over several lines is indented, so that no text from outside can look like a line of ours.
  const [first = '', ...more] = messageOf(error).split('\n').map(printable);
  const lines = [`${paint(terminal, 'red', 'error:')} ${first}`, ...more.map((line) => `  ${line}`)];
  const cause = isSysimageError(error) ? causeOf(error.cause) : undefined;
  if (cause !== undefined) lines.push(`  because: ${printable(cause)}`);
  if (isSysimageError(error) && error.remedy !== undefined) lines.push(`  ${printable(error.remedy)}`);
  if (!isSysimageError(error))
    lines.push('  This is a fault of sysimage itself. Please report it with what -v prints.');
  if (verbose && typeof error === 'object' && error !== null && 'stack' in error)
    lines.push(...String(error.stack).split('\n').map(printable));
  return `${lines.join('\n')}\n`;
}

/** The same for programs. */
export function errorFacts(error: unknown): Readonly<Record<string, unknown>> {
  if (!isSysimageError(error)) return { code: 'internal', message: messageOf(error) };
  const { code, message, operation, context, remedy, retry } = error;
  return { code, message, retry, operation, context, remedy };
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** The system's own words, when they add something. */
function causeOf(cause: unknown): string | undefined {
  if (cause === undefined || isSysimageError(cause)) return undefined;
  return messageOf(cause);
}
