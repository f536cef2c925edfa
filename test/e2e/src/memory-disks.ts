import { SysimageError, type DiskDestination, type Disks, type DiskSource, type SourceMount } from '@sysimage/core';

/** Disks that are byte arrays, by path. Reading one that has `bad` bytes fails there, as a dying disk does. */
export class MemoryDisks implements Disks {
  readonly disks = new Map<string, Uint8Array>();
  readonly bad = new Map<string, { start: number; end: number }>();
  /** Where a destination says that it has written, and has not. */
  loses: { start: number; end: number } | undefined;
  /** What is mounted from them. */
  readonly mounts = new Map<string, readonly SourceMount[]>();
  /** Called before every write to a destination; may throw, as a process that is killed there. */
  onWrite: (offset: number) => void = () => undefined;
  #spare: Uint8Array | undefined;

  /** Nobody looks at these bytes any more: a later destination of their size is made of them, which costs less than new ones. */
  reuse(bytes: Uint8Array): void {
    this.#spare = bytes;
  }

  list(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  async openSource(path: string): Promise<DiskSource> {
    const bytes = this.#bytes(path);
    return {
      path,
      kind: 'file',
      size: bytes.length,
      sectorSize: 512,
      physicalDisks: [],
      mounts: this.mounts.get(path) ?? [],
      read: async (offset, into) => {
        const bad = this.bad.get(path);
        if (bad !== undefined && offset < bad.end && offset + into.length > bad.start) {
          throw new SysimageError('corrupt', `${path} cannot be read at ${offset}`, { context: { offset } });
        }
        into.set(bytes.subarray(offset, offset + into.length));
      },
      close: () => Promise.resolve(),
    };
  }

  async openDestination(path: string, size: number): Promise<DiskDestination> {
    const fresh = !this.disks.has(path);
    if (fresh) this.disks.set(path, this.#zeros(size));
    const bytes = this.#bytes(path);
    return {
      path,
      kind: 'file',
      size: bytes.length,
      sectorSize: 512,
      fresh,
      mounts: [],
      read: async (offset, into) => {
        into.set(bytes.subarray(offset, offset + into.length));
      },
      write: async (offset, data) => {
        this.onWrite(offset);
        if (offset + data.length > bytes.length) throw new SysimageError('invalid', 'beyond the end');
        const lost = this.loses && bytes.slice(this.loses.start, this.loses.end);
        bytes.set(data, offset);
        if (lost !== undefined) bytes.set(lost, this.loses?.start);
      },
      flush: () => Promise.resolve(),
      forget: () => Promise.resolve(),
      close: async (options) => {
        if (options?.discard === true && fresh) this.disks.delete(path);
      },
    };
  }

  #zeros(size: number): Uint8Array {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare?.length === size ? spare.fill(0) : new Uint8Array(size);
  }

  #bytes(path: string): Uint8Array {
    const bytes = this.disks.get(path);
    if (bytes === undefined) throw new SysimageError('not-found', `there is no disk ${path}`);
    return bytes;
  }
}
