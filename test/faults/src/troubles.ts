import { SysimageError } from '@sysimage/core/plugin';
import { seeded, type MemoryOperation } from '@sysimage/target-memory';
import { setImmediate } from 'node:timers/promises';
import { canHit, changes, type Fault, type FaultKind } from './fault.js';

/** How many turns of the event loop a delayed call waits at most. */
const mostTurns = 12;

/** Counts the calls of one target and says what becomes of each. */
export class Troubles {
  readonly random: () => number;
  readonly #waiting: Fault[];
  readonly #onFillUp: () => void;
  readonly #operations: MemoryOperation[] = [];
  #isGone = false;

  /** `onFillUp`: called when the medium fills up. */
  constructor(faults: readonly Fault[], seed: number, onFillUp: () => void) {
    this.#waiting = faults.toSorted((a, b) => a.at - b.at);
    this.random = seeded(seed);
    this.#onFillUp = onFillUp;
  }

  /** Calls so far. */
  get calls(): number {
    return this.#operations.length;
  }

  /** Numbers of the calls so far at which a fault of a kind makes a difference. */
  points(kind: FaultKind): readonly number[] {
    // Whoever only reads notices at its next change that there is no target, or no room.
    const isForAll = kind === 'disappear' || kind === 'fill-up';
    return this.#operations.flatMap((operation, index) =>
      (isForAll ? changes(operation) : canHit(kind, operation)) ? [index] : [],
    );
  }

  /** Does a call, or what a fault makes of it. `odd`: what to do for kinds that only the caller knows how to do. */
  async call<T>(
    operation: MemoryOperation,
    name: string,
    work: () => Promise<T>,
    odd: (kind: FaultKind) => Promise<T> | undefined = () => undefined,
  ): Promise<T> {
    const kind = this.next(operation, name);
    if (kind === undefined) return work();
    const done = odd(kind);
    if (done !== undefined) return done;
    if (kind === 'fail') throw gone(operation, name, 'did not work');
    if (kind === 'lose-answer') {
      await work();
      throw gone(operation, name, 'gave no answer');
    }
    if (kind === 'delay') {
      const turns = 1 + Math.floor(this.random() * mostTurns);
      for (let turn = 0; turn < turns; turn += 1) await setImmediate();
      this.assertThere(operation, name);
    }
    return work();
  }

  /** Counts a call; what hits it, if anything. Throws when the target is gone. */
  next(operation: MemoryOperation, name: string): FaultKind | undefined {
    const index = this.#operations.push(operation) - 1;
    this.assertThere(operation, name);
    const found = this.#waiting.findIndex(({ kind, at }) => at <= index && canHit(kind, operation));
    const [fault] = found < 0 ? [] : this.#waiting.splice(found, 1);
    if (fault?.kind === 'disappear') this.#isGone = true;
    if (fault?.kind === 'fill-up') this.#onFillUp();
    this.assertThere(operation, name);
    return fault?.kind;
  }

  assertThere(operation: MemoryOperation, name: string): void {
    if (this.#isGone) throw gone(operation, name, 'found no target');
  }
}

export function gone(operation: MemoryOperation, name: string, what: string): SysimageError {
  return new SysimageError('unavailable', `the ${operation} of ${name} ${what}`, { operation, context: { name } });
}
