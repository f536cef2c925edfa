import { SysimageError } from '../src/contract/errors.js';
import type { RandomFile } from '../src/contract/target.js';

export type FileCall = (operation: 'read' | 'write' | 'truncate' | 'flush' | 'deallocate' | 'close') => void;

/** An open object that is an array. `onCall` hears of every call before it happens. */
export class MemoryFile implements RandomFile {
  #bytes = new Uint8Array(0);
  #size = 0;
  readonly #onCall: FileCall;

  constructor(onCall: FileCall = () => undefined) {
    this.#onCall = onCall;
  }

  static of(bytes: Uint8Array): MemoryFile {
    const file = new MemoryFile();
    file.#bytes = bytes.slice();
    file.#size = bytes.length;
    return file;
  }

  /** The bytes themselves, not a copy. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  async size(): Promise<number> {
    return this.#size;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    this.#onCall('read');
    if (offset < 0 || offset + into.length > this.#size) throw new SysimageError('corrupt', 'the object ends before');
    into.set(this.#bytes.subarray(offset, offset + into.length));
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#onCall('write');
    this.#resize(Math.max(this.#size, offset + bytes.length));
    this.#bytes.set(bytes, offset);
  }

  async truncate(size: number): Promise<void> {
    this.#onCall('truncate');
    this.#bytes.fill(0, Math.min(size, this.#size), this.#size);
    this.#resize(size);
  }

  async flush(): Promise<void> {
    this.#onCall('flush');
  }

  async deallocate({ start, end }: { readonly start: number; readonly end: number }): Promise<void> {
    this.#onCall('deallocate');
    this.#bytes.fill(0, start, Math.min(end, this.#size));
  }

  async close(): Promise<void> {
    this.#onCall('close');
  }

  #resize(size: number): void {
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#size = size;
  }
}

/** The same file on a medium that cannot make holes. */
export function withoutHoles(file: MemoryFile): RandomFile {
  return {
    size: () => file.size(),
    read: (offset, into) => file.read(offset, into),
    write: (offset, bytes) => file.write(offset, bytes),
    truncate: (size) => file.truncate(size),
    flush: () => file.flush(),
    close: () => file.close(),
  };
}
