import type { Clock } from '@sysimage/core';
import { createClock } from '@sysimage/node-services';

/** What this program knows of time: that of its server, which is `ahead` milliseconds of that of this machine. */
export class ServerClock implements Clock {
  readonly #machine = createClock();
  readonly #ahead = Number(process.env['SERVER_AHEAD'] ?? '0');

  now(): Date {
    return new Date(this.#machine.now().getTime() + this.#ahead);
  }

  elapsed(): number {
    return this.#machine.elapsed();
  }

  after(milliseconds: number, callback: () => void): () => void {
    return this.#machine.after(milliseconds, callback);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return this.#machine.sleep(milliseconds, signal);
  }
}
