import type { Clock } from '@sysimage/core';

/** A clock by which nobody has to wait: what somebody sleeps has passed at once, and no alarm goes off. */
export class PassingClock implements Clock {
  /** Milliseconds that were slept; a test lets more go by. */
  passed = 0;
  readonly #below: () => number;

  /** `below`: what time it would be if nobody had slept, as milliseconds since 1970. The real time, unless told. */
  constructor(below: () => number = Date.now) {
    this.#below = below;
  }

  now(): Date {
    return new Date(this.#below() + this.passed);
  }

  elapsed(): number {
    return this.now().getTime();
  }

  after(): () => void {
    return () => undefined;
  }

  sleep(milliseconds: number): Promise<void> {
    this.passed += milliseconds;
    return Promise.resolve();
  }
}
