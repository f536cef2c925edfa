import { Worker } from 'node:worker_threads';

export interface HashJob {
  readonly id: number;
  /** Memory that both threads see: nothing is copied. */
  readonly bytes: Uint8Array;
  readonly unit: number;
}

export interface HashAnswer {
  readonly id: number;
  readonly digests: Uint8Array;
}

interface Waiting {
  readonly done: (digests: Uint8Array) => void;
  readonly failed: (error: unknown) => void;
}

/** A thread that hashes. It keeps no process alive, except while somebody waits for it. */
export class HashThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #jobs = 0;
  #state: 'starting' | 'ready' | 'gone' = 'starting';

  constructor() {
    this.#worker = new Worker(new URL('./hash-worker.js', import.meta.url), { execArgv: [] });
    this.#worker.on('online', () => (this.#state = 'ready'));
    this.#worker.on('message', ({ id, digests }: HashAnswer) => this.#take(id)?.done(digests));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('the thread has ended')));
    // Last: whoever listens for messages keeps the process alive.
    this.#worker.unref();
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Jobs that it has not done yet. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Digests of all units of bytes in shared memory. Rejects when the thread ends or cannot be told: what it had to do must be done elsewhere. */
  async digestEach(bytes: Uint8Array, unit: number): Promise<Uint8Array> {
    // Nobody hears what is told to one that has ended.
    if (this.#state === 'gone') throw new Error('the thread has ended');
    return new Promise((done, failed) => {
      const job: HashJob = { id: this.#jobs, bytes, unit };
      this.#jobs += 1;
      this.#waiting.set(job.id, { done, failed });
      this.#worker.ref();
      try {
        this.#worker.postMessage(job);
      } catch (error) {
        this.#take(job.id);
        failed(error);
      }
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    return waiting;
  }

  #end(error: unknown): void {
    this.#state = 'gone';
    for (const { failed } of this.#waiting.values()) failed(error);
    this.#waiting.clear();
  }
}
