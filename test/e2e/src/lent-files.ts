import type {
  DigestFrom,
  DiskDestination,
  DiskSource,
  Disks,
  EngineServices,
  Hasher,
  RandomFile,
  Target,
} from '@sysimage/core';
import { nonZeroRuns } from '@sysimage/bytes';
import type { Luck } from './flaky-target.js';

/** What has a number in the process, as an open file has. */
interface Numbered {
  readonly size: () => Promise<number>;
  readonly read: (offset: number, into: Uint8Array) => Promise<void>;
  readonly write?: (offset: number, bytes: Uint8Array) => Promise<void>;
}

/**
 * Gives numbers to disks and objects in memory, as open files have them, and a hasher that reads, hashes and writes by number at once, as threads
 * do: what the engine does with threads happens here in the same order every time.
 */
export class LentFiles {
  readonly #files: Numbered[] = [];
  readonly #fails: Luck;
  /** Requests in which all was written as soon as it was hashed. */
  copies = 0;

  /** `fails`: whether the next request comes to nothing when half of it is done. */
  constructor(fails: Luck = () => false) {
    this.#fails = fails;
  }

  services(services: EngineServices): EngineServices {
    return { ...services, hasher: this.#hasher(services.hasher), disks: this.#disks(services.disks) };
  }

  target(target: Target): Target {
    const { random } = target.facets;
    if (random === undefined) return target;
    return {
      ...target,
      facets: { ...target.facets, random: { open: async (...args) => this.#lent(await random.open(...args)) } },
    };
  }

  #hasher(hasher: Hasher): Hasher {
    return {
      digest: (bytes) => hasher.digest(bytes),
      digestEach: (bytes, unit) => hasher.digestEach(bytes, unit),
      digestFrom: async (asked) => {
        // Nothing else can be told to a thread, which sees the same memory.
        const request = { ...structuredClone({ ...asked, into: undefined }), into: asked.into };
        const end = this.#fails() ? request.into.length / 2 : Infinity;
        for (let at = 0; at < request.into.length; at += request.unit)
          if (at >= end || !(await this.#readUnit(request, at))) return undefined;
        if (request.to !== undefined) this.copies += 1;
        return hasher.digestEach(request.into, request.unit);
      },
    };
  }

  async #readUnit({ descriptor, offset, into, unit, blank, to }: DigestFrom, at: number): Promise<boolean> {
    const from = this.#numbered(descriptor);
    const end = Math.min(at + unit, into.length);
    if (offset + end > (await from.size())) return false;
    await from.read(offset + at, into.subarray(at, end));
    for (const { start, end: last } of blank) into.fill(0, Math.max(start, at), Math.max(Math.min(last, end), at));
    if (to === undefined) return true;
    for (const part of to.parts) {
      const [first, last] = [Math.max(part.start, at), Math.min(part.end, end)];
      if (first >= last) continue;
      const bytes = into.subarray(first, last);
      const file = this.#numbered(to.descriptor);
      for (const run of to.blank === true ? nonZeroRuns(bytes, 4096) : [{ start: 0, end: bytes.length }]) {
        if (to.frame !== undefined) await file.write?.(to.frame.offset, to.frame.bytes);
        await file.write?.(to.offset + first + run.start, bytes.subarray(run.start, run.end));
      }
    }
    return true;
  }

  #disks(disks: Disks): Disks {
    return {
      list: () => disks.list(),
      openSource: async (path) => this.#lentSource(await disks.openSource(path)),
      openDestination: async (path, size) => this.#lentDestination(await disks.openDestination(path, size)),
    };
  }

  #lentSource(disk: DiskSource): DiskSource {
    const number = this.#number({ size: async () => disk.size, read: (...args) => disk.read(...args) });
    return {
      ...disk,
      read: async (offset, into, direct) => {
        if ((await direct?.(number, offset)) !== true) await disk.read(offset, into);
      },
    };
  }

  #lentDestination(disk: DiskDestination): DiskDestination {
    const number = this.#number({
      size: async () => disk.size,
      read: (...args) => disk.read(...args),
      write: (...args) => disk.write(...args),
    });
    return { ...disk, lend: (use) => use(number) };
  }

  #lent(file: RandomFile): RandomFile {
    const number = this.#number(file);
    return {
      ...file,
      read: async (offset, into, direct) => {
        if ((await direct?.(number, offset)) !== true) await file.read(offset, into);
      },
      lend: (use) => use(number),
    };
  }

  #number(file: Numbered): number {
    return this.#files.push(file) - 1;
  }

  #numbered(number: number): Numbered {
    const file = this.#files[number];
    if (file === undefined) throw new RangeError(`no file has the number ${number}`);
    return file;
  }
}
