import { FormatError } from '@sysimage/bytes';
import { ExtentSetBuilder, type ExtentSet } from '@sysimage/extents';

/** 16 bytes each. A map in more pieces than this is worth less than copying the volume whole. */
const maxRuns = 4 * 1024 * 1024;

/** Collects the allocated bytes of a volume, cut at its end. */
export class AllocationMapBuilder {
  readonly #builder = new ExtentSetBuilder();
  readonly #volumeSize: number;
  #runs = 0;
  #lastEnd = -1;

  constructor(volumeSize: number) {
    this.#volumeSize = volumeSize;
  }

  /** Adds `[start, end)`. Throws `FormatError` `unsupported` when the map falls into too many pieces. */
  add(start: number, end: number): void {
    const [from, to] = [Math.min(start, this.#volumeSize), Math.min(end, this.#volumeSize)];
    if (from >= to) return;
    if (from !== this.#lastEnd) this.#runs += 1;
    if (this.#runs > maxRuns) throw new FormatError('unsupported', `more than ${maxRuns} separate runs are in use`);
    this.#lastEnd = to;
    this.#builder.add(from, to);
  }

  /**
   * Adds the units whose bits are set among the first `count` of `bitmap`, least significant bit first. Bit 0 stands for the
   * unit at byte `base`. Returns the number of set bits.
   */
  addBits(bitmap: Uint8Array, count: number, base: number, unitSize: number): number {
    let setBits = 0;
    let runStart = -1;
    const close = (end: number) => {
      if (runStart < 0) return;
      this.add(base + runStart * unitSize, base + end * unitSize);
      setBits += end - runStart;
      runStart = -1;
    };
    for (let first = 0; first < count; first += 8) {
      const byte = bitmap[first >>> 3] ?? 0;
      const end = Math.min(first + 8, count);
      if (byte === 0) close(first);
      else if (byte !== 0xff) {
        for (let bit = first; bit < end; bit += 1) {
          if ((byte >>> (bit - first)) & 1) runStart = runStart < 0 ? bit : runStart;
          else close(bit);
        }
      } else if (runStart < 0) runStart = first;
    }
    close(count);
    return setBits;
  }

  build(): ExtentSet {
    return this.#builder.build();
  }
}
