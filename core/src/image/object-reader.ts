import type { DirectRead } from '../contract/direct-read.js';
import type { ObjectName } from '../contract/names.js';
import { supports, type CallOptions, type RandomFile, type Target } from '../contract/target.js';
import { readInto } from './object-io.js';

/** Objects that are held open at once: a version may have a layer for every day of a year. */
const mostOpen = 32;

/** Reads parts of objects. What a target can open stays open from read to read: to open it costs more than to read a run of grains. */
export class ObjectReader {
  readonly #target: Target;
  readonly #options: CallOptions;
  readonly #files = new Map<ObjectName, Promise<RandomFile | undefined>>();
  /** By their name they can perhaps still be read: a handle goes with its connection, a name stays. */
  readonly #failed = new Set<ObjectName>();

  constructor(target: Target, options: CallOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** Fills all of `into` from `offset`. `direct`: as of `RandomFile.read`. Errors: as of `Target.get`. When it rejects, there may be anything in `into`. */
  async read(name: ObjectName, offset: number, into: Uint8Array, direct?: DirectRead): Promise<void> {
    const file = await this.#fileOf(name);
    if (file !== undefined) {
      try {
        await file.read(offset, into, direct);
        return;
      } catch {
        this.#failed.add(name);
      }
    }
    await readInto(this.#target, name, offset, into, this.#options);
  }

  /** Reads may come again afterwards; they open what they need anew. */
  async close(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    this.#failed.clear();
    // Nothing was written through them: a handle that went with its connection is no loss.
    for (const file of files) await (await file)?.close().catch(() => undefined);
  }

  async #fileOf(name: ObjectName): Promise<RandomFile | undefined> {
    const known = this.#files.get(name);
    if (known !== undefined) return this.#failed.has(name) ? undefined : known;
    const target = this.#target;
    if (!supports(target, 'random') || this.#files.size >= mostOpen) return undefined;
    // What keeps it from being opened is told by the target when it is read by its name.
    const opening = target.facets.random.open(name, { ...this.#options, exclusive: false }).catch(() => undefined);
    this.#files.set(name, opening);
    return opening;
  }
}
