import { setImmediate } from 'node:timers/promises';
import type { WaitingClock } from '../src/index.js';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** A clock whose time goes on when all that runs is asleep. */
export class VirtualClock implements WaitingClock {
  readonly #sleepers = new Set<Sleeper>();
  /** Milliseconds of every sleep that was asked for. */
  readonly slept: number[] = [];
  time: number;

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  now(): Date {
    return new Date(this.time);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(milliseconds);
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { until: this.time + milliseconds, wake };
      if (signal?.aborted === true) resolve();
      else {
        this.#sleepers.add(sleeper);
        signal?.addEventListener('abort', wake);
      }
    });
  }

  /** Lets time go by until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let going = true;
    const ended = work.then(
      () => (going = false),
      () => (going = false),
    );
    for (let idle = 0; going && idle < 1000; idle += 1) {
      await settled();
      if (going && this.#wakeNext()) idle = 0;
    }
    if (going) throw new Error('everything waits, and nobody sleeps');
    await ended;
    return work;
  }

  #wakeNext(): boolean {
    const [next] = [...this.#sleepers].toSorted((a, b) => a.until - b.until);
    if (next === undefined) return false;
    this.time = Math.max(this.time, next.until);
    next.wake();
    return true;
  }
}

/** Everything that can go on without time passing has gone on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await setImmediate();
}
