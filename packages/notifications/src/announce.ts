import { isSysimageError, SysimageError } from '@sysimage/core/plugin';
import type { Channel } from './channel.js';
import type { Notification } from './notification.js';

export interface AnnounceOptions {
  /** How often it is tried, the first time included: 1 or more. */
  readonly tries: number;
  /** Milliseconds before the second try; every later pause is twice the one before. Each is shortened by up to a half, at random. */
  readonly pause: number;
  readonly longestPause: number;
  /** Milliseconds of one try. */
  readonly timeout: number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** What became of it on one channel. */
export interface Told {
  readonly channel: string;
  readonly tries: number;
  /** Why it was not; absent when it was. */
  readonly error?: SysimageError;
}

/** Sends on one channel, again if that may help. Never rejects, and ends in its time whatever the channel does. */
export async function announce(
  channel: Channel,
  notification: Notification,
  { tries, pause, longestPause, timeout, sleep, random }: AnnounceOptions,
): Promise<Told> {
  for (let made = 1; ; made += 1) {
    try {
      await within(timeout, (signal) => channel.send(notification, signal));
      return { channel: channel.name, tries: made };
    } catch (thrown) {
      const error = asError(thrown);
      if (error.retry !== 'later' || made >= tries) return { channel: channel.name, tries: made, error };
    }
    const longest = Math.min(longestPause, pause * 2 ** (made - 1));
    await sleep(longest * (1 - random() / 2));
  }
}

/** Milliseconds. A longer timer would go off at once. */
const longestTimer = 2 ** 31 - 1;

async function within<T>(timeout: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        const error = new SysimageError('unavailable', `no answer within ${timeout / 1000} s`, { retry: 'later' });
        reject(error);
        controller.abort(error);
      },
      Math.min(timeout, longestTimer),
    );
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The words of what is no error of ours may hold anything. */
function asError(thrown: unknown): SysimageError {
  return isSysimageError(thrown) ? thrown : new SysimageError('internal', 'the channel failed', { cause: thrown });
}
