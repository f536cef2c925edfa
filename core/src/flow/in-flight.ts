/**
 * Pieces of work that go on side by side. The first that fails is heard of when the next one is to start, or in the end; how many
 * there may be is for whoever starts them to bound.
 */
export class InFlight {
  readonly #going = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** Begins at once, unless earlier work has failed: then it throws what that work threw. */
  start(work: () => Promise<void>): void {
    this.#throwFailure();
    const going = this.#watch(work()).finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  /** Nothing goes on any more when it resolves, or when it rejects with the first failure. */
  async settled(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going);
    this.#throwFailure();
  }

  async #watch(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
