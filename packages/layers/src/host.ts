/** What wrappers need to know of time; the clock of core is one. */
export interface WaitingClock {
  now(): Date;
  /** Resolves after about `milliseconds`, or at once when `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The random numbers of core are such. */
export interface RandomBytes {
  bytes(length: number): Uint8Array;
}
