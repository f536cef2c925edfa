import { Socket } from 'node:net';
import { SysimageError, type ErrorCode } from '@sysimage/core/plugin';
import type { Channel } from './channel.js';
import { isLoopback } from './is-loopback.js';
import type { Notification } from './notification.js';
import { systemCodeOf } from './system-code.js';

/** `starttls`: encrypted after the greeting, or not at all sent. `tls`: from the first byte. `none`: anybody on the way can read it. */
export const mailSecurities = ['starttls', 'tls', 'none'] as const;
export type MailSecurity = (typeof mailSecurities)[number];

export interface MailOptions {
  readonly server: string;
  /** Default: 587 with `starttls`, 465 with `tls`, 25 with `none`. */
  readonly port?: number;
  /** Default: `starttls`. */
  readonly security?: MailSecurity;
  readonly user?: string;
  readonly password?: string;
  readonly from: string;
  readonly to: readonly string[];
  /** Certificates that are trusted instead of those of Node, PEM. */
  readonly authority?: string;
}

const ports = { starttls: 587, tls: 465, none: 25 } as const satisfies Record<MailSecurity, number>;

/** A mail for each notification. Errors at once: `invalid` for a password that would go to another machine unencrypted. */
export function mailChannel(name: string, options: MailOptions): Channel {
  const { security = 'starttls', server, user } = options;
  if (security === 'none' && user !== undefined && !isLoopback(server)) {
    throw new SysimageError('invalid', `anybody on the way to ${server} could read the password`, {
      operation: 'notify',
      remedy: 'Use security: starttls or tls.',
    });
  }
  return { name, send: (notification, signal) => send(options, notification, signal) };
}

async function send(options: MailOptions, notification: Notification, signal: AbortSignal): Promise<void> {
  const { server, port, security = 'starttls', user, password = '', from, to, authority } = options;
  // Most runs send no mail.
  const { createTransport } = await import('nodemailer');
  // Of our own, so that it can be taken away from a server that never ends.
  const socket = new Socket();
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end, { once: true });
  const transport = createTransport({
    host: server,
    port: port ?? ports[security],
    socket,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: authority === undefined ? {} : { ca: authority },
    ...(user === undefined ? {} : { auth: { user, pass: password } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    if (signal.aborted) end();
    await transport.sendMail({
      from,
      to: [...to],
      subject: notification.title,
      text: `${notification.text}\n`,
      // No robot answers it.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  } catch (error) {
    throw failure(server, error);
  } finally {
    signal.removeEventListener('abort', end);
    transport.close();
    end();
  }
}

interface Meaning {
  readonly code: ErrorCode;
  readonly words: string;
  readonly later?: boolean;
}

/** What a server says is not repeated: it may hold what we said. */
function failure(server: string, error: unknown): SysimageError {
  const answer = answerOf(error);
  const system = systemCodeOf(error) ?? 'no connection';
  const { code, words, later = false } = isDistrusted(error) ? distrusted : meaningOf(system, answer);
  const known = answer === undefined ? system : `${system}, ${answer}`;
  return new SysimageError(code, `the mail server ${server} ${words} (${known})`, {
    operation: 'notify',
    retry: later || (answer !== undefined && answer >= 400 && answer < 500) ? 'later' : 'never',
  });
}

const distrusted: Meaning = { code: 'unavailable', words: 'has no encrypted connection that can be trusted' };

/** The words are those of TLS itself: the library puts a code of its own in the place of theirs. */
function isDistrusted(error: unknown): boolean {
  return (
    error instanceof Error && answerOf(error) === undefined && /certificate|altnames|\bTLS\b/iu.test(error.message)
  );
}

function meaningOf(system: string, answer: number | undefined): Meaning {
  if (system === 'EAUTH' || system === 'ENOAUTH') return { code: 'credentials', words: 'refused user and password' };
  if (system === 'ETLS') return distrusted;
  if (system === 'EENVELOPE') return { code: 'invalid', words: 'refused the sender or a recipient' };
  if (answer !== undefined) return { code: 'unavailable', words: 'refused the mail' };
  return { code: 'unavailable', words: 'cannot be reached', later: true };
}

/** `535` of an answer. */
function answerOf(error: unknown): number | undefined {
  const found: unknown =
    typeof error === 'object' && error !== null && 'responseCode' in error ? error.responseCode : undefined;
  return typeof found === 'number' && found >= 400 && found < 600 ? found : undefined;
}
