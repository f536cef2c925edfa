/**
 * Equal arrays that go from hand to hand: a bound for the memory of work that goes on side by side. Their memory is shared, so that
 * a hasher may have them read by other threads.
 */
export class Buffers {
  readonly #size: number;
  #left: number;
  readonly #free: Uint8Array[] = [];
  readonly #waiting: ((buffer: Uint8Array) => void)[] = [];

  /** `size`: bytes of each. They are made when they are first needed. */
  constructor(count: number, size: number) {
    this.#left = count;
    this.#size = size;
  }

  /** Waits until one is free. What is in it is left from its last use. */
  async take(): Promise<Uint8Array> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#left > 0) {
      this.#left -= 1;
      return new Uint8Array(new SharedArrayBuffer(this.#size));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives back what `take` gave, once. */
  give(buffer: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }
}
