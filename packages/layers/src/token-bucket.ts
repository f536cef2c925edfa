import { orCancelled } from '@sysimage/core/plugin';
import type { WaitingClock } from './host.js';

const sector = 4096;

/** A rate, kept by all who take from it, in the order in which they came. Holds what is allowed in one second and no more. */
export class TokenBucket {
  readonly #clock: WaitingClock;
  readonly #rateAt: (now: Date) => number | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #filledAt = 0;
  #tokens = Number.POSITIVE_INFINITY;

  constructor(clock: WaitingClock, rateAt: (now: Date) => number | undefined) {
    this.#clock = clock;
    this.#rateAt = rateAt;
  }

  /**
   * Resolves with how many of these bytes may move now: all of them, or those of a quarter of a second. Rejects with `cancelled` at once
   * when the signal aborts; then nothing was taken.
   */
  take(bytes: number, operation: string, signal: AbortSignal | undefined): Promise<number> {
    const turn = this.#last.then(() => this.#turn(bytes, signal));
    this.#last = turn;
    return orCancelled(operation, turn, signal === undefined ? undefined : { signal });
  }

  async #turn(bytes: number, signal: AbortSignal | undefined): Promise<number> {
    while (signal?.aborted !== true) {
      const now = this.#clock.now();
      const rate = this.#rateAt(now);
      if (rate === undefined) return bytes;
      const elapsed = Math.max(0, now.getTime() - this.#filledAt);
      this.#filledAt = now.getTime();
      this.#tokens = Math.min(rate, this.#tokens + (rate * elapsed) / 1000);
      const piece = Math.min(bytes, largestPiece(rate));
      const missing = piece - this.#tokens;
      if (missing <= 0) {
        this.#tokens -= piece;
        return piece;
      }
      // Never long, so that the limit may be another afterwards.
      await this.#clock.sleep(Math.ceil((missing / rate) * 1000), signal);
    }
    return 0;
  }
}

/** Bytes of a quarter of a second, in whole sectors where that is possible. */
function largestPiece(rate: number): number {
  const piece = Math.max(1, Math.floor(rate / 4));
  return piece < sector ? piece : piece - (piece % sector);
}
