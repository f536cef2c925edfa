import { orCancelled } from '@sysimage/core/plugin';
import type { WaitingClock } from './host.js';

const sector = 4096;
/** Milliseconds after which somebody who waits looks at the limit again: it may be another by now. */
const longestWait = 60_000;

/** A rate, kept by all who take from it, in the order in which they came. Holds what is allowed in one second and no more. */
export class TokenBucket {
  readonly #clock: WaitingClock;
  readonly #rateAt: (now: Date) => number | undefined;
  #last: Promise<void> = Promise.resolve();
  #filledAt = 0;
  #tokens = Number.POSITIVE_INFINITY;

  constructor(clock: WaitingClock, rateAt: (now: Date) => number | undefined) {
    this.#clock = clock;
    this.#rateAt = rateAt;
  }

  /** Bytes that may be taken at once now: those of a quarter of a second, in whole sectors where that is possible. */
  largestPiece(): number {
    const rate = this.#rateAt(this.#clock.now());
    if (rate === undefined) return Number.POSITIVE_INFINITY;
    const piece = Math.max(1, Math.floor(rate / 4));
    return piece < sector ? piece : piece - (piece % sector);
  }

  /** Resolves when as many bytes may move. Rejects with `cancelled` at once when the signal aborts; then nothing was taken. */
  take(bytes: number, operation: string, signal: AbortSignal | undefined): Promise<void> {
    const turn = this.#last.then(() => this.#fill(bytes, signal));
    this.#last = turn;
    return orCancelled(operation, turn, signal === undefined ? undefined : { signal });
  }

  async #fill(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    while (signal?.aborted !== true) {
      const now = this.#clock.now();
      const rate = this.#rateAt(now);
      if (rate === undefined) {
        this.#tokens = Number.POSITIVE_INFINITY;
        return;
      }
      const elapsed = Math.max(0, now.getTime() - this.#filledAt);
      this.#filledAt = now.getTime();
      this.#tokens = Math.min(rate, this.#tokens + (rate * elapsed) / 1000);
      // A piece that was cut when more was allowed waits for a full bucket, and leaves a debt.
      const missing = Math.min(bytes, rate) - this.#tokens;
      if (missing <= 0) {
        this.#tokens -= bytes;
        return;
      }
      await this.#clock.sleep(Math.min(longestWait, Math.ceil((missing / rate) * 1000)), signal);
    }
  }
}
