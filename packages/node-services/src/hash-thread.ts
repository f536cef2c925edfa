import { Worker } from 'node:worker_threads';
import type { HashAnswer, HashJob, JobFile } from './hash-job.js';

interface Waiting {
  readonly done: (answer: HashAnswer) => void;
  readonly failed: (error: unknown) => void;
}

/** The thread has ended: what it had to do must be done elsewhere. */
export class ThreadGone extends Error {}

/** A thread that hashes. It keeps no process alive, except while somebody waits for it. */
export class HashThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #jobs = 0;
  #state: 'starting' | 'ready' | 'gone' = 'starting';

  constructor() {
    this.#worker = new Worker(new URL('./hash-worker.js', import.meta.url), { execArgv: [] });
    this.#worker.on('online', () => (this.#state = 'ready'));
    this.#worker.on('message', (answer: HashAnswer) => this.#take(answer.id)?.done(answer));
    this.#worker.on('error', (cause) => this.#end(new ThreadGone('the thread has failed', { cause })));
    this.#worker.on('exit', () => this.#end(new ThreadGone('the thread has ended')));
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

  /**
   * Digests of all units of bytes in shared memory, which are read from a file first if one is named. `undefined`: the file ended too
   * early. Rejects with `ThreadGone`, with what the system said, or when it was asked what cannot be told.
   */
  async digestEach(bytes: Uint8Array, unit: number, from?: JobFile): Promise<Uint8Array | undefined> {
    // Nobody hears what is told to one that has ended.
    if (this.#state === 'gone') throw new ThreadGone('the thread has ended');
    const { digests, failure } = await new Promise<HashAnswer>((done, failed) => {
      const job: HashJob = { id: this.#jobs, bytes, unit, ...(from === undefined ? {} : { from }) };
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
    if (failure !== undefined) throw Object.assign(new Error(failure.message), failure);
    return digests;
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
