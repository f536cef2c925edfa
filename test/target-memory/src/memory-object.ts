import { SparseBytes } from './sparse-bytes.js';

const sectorPage = 4096;

/** How much of what was not flushed survives: nothing, all of it, or what the seed of a random choice says. */
export type Keep = 'none' | 'all' | number;

/**
 * The bytes of one object. A volatile one remembers, for each 4 KiB page, every content it had since the last flush: after
 * a power cut any of them may be on the medium, whatever happened to the page's neighbours.
 */
export class MemoryObject {
  readonly #bytes: SparseBytes;
  readonly #volatile: boolean;
  #durable: SparseBytes | undefined;
  readonly #contents = new Map<number, Uint8Array[]>();
  readonly #sizes: number[] = [];
  /** Pages that the system believes to be on the medium, after a flush that was rejected. */
  readonly #forgotten = new Set<number>();
  modified: Date;
  generation: number;

  constructor(bytes: SparseBytes, options: { volatile: boolean; modified: Date; generation: number }) {
    this.#bytes = bytes;
    this.#volatile = options.volatile;
    this.modified = options.modified;
    this.generation = options.generation;
    this.settle();
  }

  get size(): number {
    return this.#bytes.size;
  }

  allocatedBeside(seen: Set<Uint8Array>): number {
    return this.#bytes.allocatedBeside(seen);
  }

  growth(offset: number, length: number): number {
    return this.#bytes.growth(offset, length);
  }

  read(offset: number, into: Uint8Array): void {
    this.#bytes.read(offset, into);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#bytes.write(offset, bytes);
    this.#rememberSize();
    this.#remember(offset, offset + bytes.byteLength);
  }

  truncate(size: number): void {
    const lost = this.#held(size, this.size);
    this.#bytes.truncate(size);
    this.#rememberSize();
    for (const part of lost) this.#remember(part.start, part.end);
  }

  punch(start: number, end: number): void {
    const lost = this.#held(start, Math.min(end, this.size));
    this.#bytes.punch(start, Math.min(end, this.size));
    for (const part of lost) this.#remember(part.start, part.end);
  }

  /** Everything up to here is on the medium, but for what was forgotten. */
  settle(): void {
    if (!this.#volatile) return;
    const before = this.#durable;
    this.#durable = this.#bytes.clone();
    for (const page of this.#contents.keys()) {
      if (before === undefined || !this.#forgotten.has(page)) this.#contents.delete(page);
      else {
        const content = new Uint8Array(sectorPage);
        before.read(page * sectorPage, content);
        this.#durable.write(page * sectorPage, content);
      }
    }
    this.#durable.truncate(this.size);
    this.#sizes.length = 0;
  }

  /** Nobody will write again what was not flushed yet, unless its page is changed once more: it may be lost, or not. */
  forget(): void {
    for (const page of this.#contents.keys()) this.#forgotten.add(page);
  }

  /** The same bytes, which later writes do not touch. */
  clone(): MemoryObject {
    const { modified, generation } = this;
    return new MemoryObject(this.#bytes.clone(), { volatile: this.#volatile, modified, generation });
  }

  /** The object as the medium has it after the power went. */
  afterPowerCut(keep: Keep, random: () => number): MemoryObject {
    const { modified, generation } = this;
    return new MemoryObject(this.#surviving(keep, random), { volatile: this.#volatile, modified, generation });
  }

  #surviving(keep: Keep, random: () => number): SparseBytes {
    if (this.#durable === undefined || keep === 'all') return this.#bytes.clone();
    const survived = this.#durable.clone();
    if (keep === 'none') return survived;
    const size = pick([this.#durable.size, ...this.#sizes], random);
    for (const [page, contents] of this.#contents) {
      const content = pick([undefined, ...contents], random);
      if (content !== undefined) survived.write(page * sectorPage, content);
    }
    survived.truncate(size);
    return survived;
  }

  #held(start: number, end: number): readonly { readonly start: number; readonly end: number }[] {
    return this.#volatile && start < end ? this.#bytes.held(start, end) : [];
  }

  #rememberSize(): void {
    if (this.#volatile && this.#sizes.at(-1) !== this.size) this.#sizes.push(this.size);
  }

  #remember(start: number, end: number): void {
    if (!this.#volatile) return;
    for (let page = Math.floor(start / sectorPage); page * sectorPage < end; page += 1) {
      const content = new Uint8Array(sectorPage);
      this.#bytes.read(page * sectorPage, content);
      this.#forgotten.delete(page);
      const contents = this.#contents.get(page);
      if (contents === undefined) this.#contents.set(page, [content]);
      else contents.push(content);
    }
  }
}

function pick<T>(choices: readonly [T, ...T[]], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}
