import type { OpenPurpose } from '@sysimage/core';
import type { ResultFacts, RunEvent, TakeEvent } from './run-event.js';

/** What one command tells, to whoever listens. The result is kept until everything that comes after the work has been told. */
export class EventStream {
  readonly #listeners: TakeEvent[] = [];
  #result: ResultFacts | undefined;
  #location: string | undefined;
  readonly #isRun: boolean;

  /** A command that is no run opens targets without a word. */
  constructor(isRun: boolean) {
    this.#isRun = isRun;
  }

  listen(take: TakeEvent): void {
    this.#listeners.push(take);
  }

  readonly emit = (event: RunEvent): void => {
    for (const take of this.#listeners) take(event);
  };

  /** A target was opened; once more for the same place is no news. */
  opened(location: string, purpose: OpenPurpose): void {
    if (location === this.#location) return;
    this.#location = location;
    if (this.#isRun) this.emit({ event: 'opened', location, purpose });
  }

  /** The last word of the work. */
  readonly conclude = (facts: ResultFacts): void => {
    this.#result = facts;
  };

  get result(): ResultFacts | undefined {
    return this.#result;
  }

  /** Where the target is that was opened last. */
  get location(): string | undefined {
    return this.#location;
  }
}
