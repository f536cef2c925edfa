import { uptime } from 'node:os';
import type { Clock } from '@sysimage/core';

// A longer timeout overflows in Node and fires at once.
const longest = 2 ** 31 - 1;

export function createClock(): Clock {
  return {
    now: () => new Date(),
    // Also of the time in which the machine slept, where `performance.now` stands still.
    elapsed: () => uptime() * 1000,
    after: (milliseconds, callback) => wait(milliseconds, callback, { keepsAlive: false }),
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const end = (): void => {
          cancel();
          signal?.removeEventListener('abort', end);
          resolve();
        };
        const cancel = wait(milliseconds, end, { keepsAlive: true });
        signal?.addEventListener('abort', end, { once: true });
      }),
  };
}

/** Calls back once, also after more milliseconds than a timer of Node can wait. The result cancels it. */
export function wait(
  milliseconds: number,
  callback: () => void,
  options: { readonly keepsAlive: boolean },
): () => void {
  let timer: NodeJS.Timeout;
  const next = (left: number): void => {
    const step = Math.min(left, longest);
    timer = setTimeout(() => (left > step ? next(left - step) : callback()), step);
    if (!options.keepsAlive) timer.unref();
  };
  next(milliseconds);
  return () => clearTimeout(timer);
}
