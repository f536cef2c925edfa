import { isSysimageError, SysimageError } from '@sysimage/core/plugin';
import { waitingSignal, type Call } from './call.js';
import type { RandomBytes, WaitingClock } from './host.js';

export interface RetryOptions {
  readonly clock: WaitingClock;
  readonly random: RandomBytes;
  /** How often a call is made before it is given up, the first time included: 1 or more. */
  readonly tries: number;
  /** Milliseconds before the second try; every later pause is twice the one before. Each is shortened by up to a half, at random. */
  readonly pause: number;
  /** Milliseconds of the longest pause. */
  readonly longestPause: number;
  /** Of the whole work: ends the waiting of calls that have no signal of their own. */
  readonly signal?: AbortSignal;
}

/** The tries of one call. */
export class Attempts {
  readonly #call: Call;
  readonly #options: RetryOptions;
  #made = 1;

  constructor(call: Call, options: RetryOptions) {
    this.#call = call;
    this.#options = options;
  }

  /** The next one is the first again: it went on in between. */
  startOver(): void {
    this.#made = 1;
  }

  /** Resolves when it is time to try again; rejects with what is to be told when there is nothing to try, or with `cancelled`. */
  async next(error: unknown): Promise<void> {
    const { tries, clock } = this.#options;
    if (!this.#call.repeatable || !isForLater(error) || tries <= 1) throw error;
    if (this.#made >= tries) throw exhausted(error, this.#made);
    const signal = waitingSignal(this.#call, this.#options.signal);
    if (signal?.aborted !== true) await clock.sleep(this.#pause(), signal);
    if (signal?.aborted === true) {
      const { operation } = this.#call;
      throw new SysimageError('cancelled', `The ${operation} was cancelled`, { operation, cause: error });
    }
    this.#made += 1;
  }

  #pause(): number {
    const { pause, longestPause, random } = this.#options;
    const longest = Math.min(longestPause, pause * 2 ** (this.#made - 1));
    const [high = 0, low = 0] = random.bytes(2);
    // Many that were thrown out at once must not come back at once.
    return longest * (1 - (high * 256 + low) / 65_536 / 2);
  }
}

export function isForLater(error: unknown): error is SysimageError {
  return isSysimageError(error) && error.retry === 'later';
}

function exhausted(error: SysimageError, tries: number): SysimageError {
  const { code, message, operation, context, remedy, cause } = error;
  return new SysimageError(code, `${message} (tried ${tries} times)`, {
    retry: 'exhausted',
    context: { ...context, tries },
    cause,
    ...(operation === undefined ? {} : { operation }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}
