import { SysimageError } from '@sysimage/core/plugin';
import type { Channel } from './channel.js';
import { isLoopback } from './is-loopback.js';
import { systemCodeOf } from './system-code.js';

export interface WebhookOptions {
  /** All of it may be a secret, so only its host is ever told. */
  readonly url: string;
  /** Beside those that every message has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Plain http to another machine: anybody on the way can read it. */
  readonly allowHttp?: boolean;
}

/**
 * An HTTP POST of the notification as JSON; any answer from 200 to 299 is a yes. Redirects are not followed: they could lead
 * anywhere. Errors at once: `invalid` for what is no URL, or http to another machine unless that is allowed.
 */
export function webhookChannel(name: string, { url, headers = {}, allowHttp = false }: WebhookOptions): Channel {
  const place = placeOf(url, allowHttp);
  const own = headersOf(headers);
  return {
    name,
    async send(notification, signal) {
      const response = await ask(place, {
        method: 'POST',
        headers: { ...own, 'content-type': 'application/json', 'user-agent': notification.tool.replace(' ', '/') },
        body: JSON.stringify(notification),
        redirect: 'manual',
        signal,
      });
      // Whatever it says more, nobody waits for it.
      response.body?.cancel().catch(() => undefined);
      if (response.status < 200 || response.status > 299) throw refusal(place, response.status);
    },
  };
}

function placeOf(text: string, allowHttp: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) throw invalid('the URL of the webhook is none');
  if (url.username !== '' || url.password !== '')
    throw invalid('a URL with a password in it cannot be used; put it into headers');
  if (url.protocol === 'https:' || allowHttp || isLoopback(url.hostname)) return url;
  throw invalid(`anybody on the way to ${url.host} could read what goes over http`);
}

function headersOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(new Headers({ ...headers }));
  } catch {
    throw invalid('what stands in headers cannot be sent');
  }
}

async function ask({ href, host }: URL, request: RequestInit): Promise<Response> {
  try {
    return await fetch(href, request);
  } catch (error) {
    const code = systemCodeOf(error) ?? 'no connection';
    throw new SysimageError('unavailable', `${host} cannot be reached (${code})`, {
      retry: 'later',
      operation: 'notify',
    });
  }
}

function refusal({ host }: URL, status: number): SysimageError {
  const message = `${host} answered with status ${status}`;
  if (status === 408 || status === 429 || status >= 500)
    return new SysimageError('unavailable', message, { retry: 'later', operation: 'notify' });
  return new SysimageError(status === 401 || status === 403 ? 'credentials' : 'invalid', message, {
    operation: 'notify',
  });
}

function invalid(message: string): SysimageError {
  return new SysimageError('invalid', message, { operation: 'notify' });
}
