import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../src/contract/services.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await setImmediate();
}

/** A clock that moves when told, and when somebody sleeps. Timers go off on the way. */
export class FakeClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Timer>();
  /** Called when somebody sleeps. */
  onSleep: (milliseconds: number) => void = () => undefined;

  now(): Date {
    return new Date(this.#now);
  }

  elapsed(): number {
    return this.#now;
  }

  get timers(): number {
    return this.#timers.size;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.onSleep(milliseconds);
    if (signal?.aborted !== true) await this.advance(milliseconds);
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Nobody is called back any more. */
  stopTimers(): void {
    this.#timers.clear();
  }

  /** Time goes by and nothing runs: the machine sleeps. */
  suspend(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
