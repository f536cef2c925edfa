import type { Attribute } from './attribute.js';

/** `count` clusters of a stream at `cluster` of the volume; `undefined` for a hole. */
export interface ClusterRun {
  readonly cluster: number | undefined;
  readonly count: number;
}

/** The runs of a non-resident attribute. Each is a length and a signed distance from the run before. */
export function clusterRuns({ view }: Attribute, clusterCount: number): readonly ClusterRun[] {
  const runs: ClusterRun[] = [];
  let cluster = 0;
  let offset = view.u16le(32);
  while (offset < view.length) {
    const header = view.u8(offset);
    if (header === 0) return runs;
    const [lengthSize, distanceSize] = [header & 15, header >>> 4];
    const count = integer(view.slice(offset + 1, lengthSize), false);
    if (count <= 0 || count > clusterCount) throw view.corrupt(`run of ${count} clusters`, offset);
    if (distanceSize === 0) runs.push({ cluster: undefined, count });
    else {
      cluster += integer(view.slice(offset + 1 + lengthSize, distanceSize), true);
      if (!(cluster >= 0 && cluster + count <= clusterCount)) throw view.corrupt(`run at cluster ${cluster}`, offset);
      runs.push({ cluster, count });
    }
    offset += 1 + lengthSize + distanceSize;
  }
  throw view.corrupt('list of runs without an end');
}

/** Windows itself cannot describe a file in many more pieces. */
const maxRuns = 256 * 1024;

/** The runs of a stream whose parts come one by one. */
export class RunList {
  readonly #clusterCount: number;
  readonly #refusedFlags: number;
  readonly #runs: ClusterRun[] = [];
  #next = 0;

  /** `compressed`: whether the reader knows how to undo compression. */
  constructor(clusterCount: number, { compressed = false }: { readonly compressed?: boolean } = {}) {
    this.#clusterCount = clusterCount;
    this.#refusedFlags = compressed ? 0x7f00 : 0x7fff;
  }

  /** Grows while parts are appended. */
  get all(): readonly ClusterRun[] {
    return this.#runs;
  }

  /** Throws `FormatError` when the part does not go on where the last one ended. */
  append(part: Attribute): void {
    const { view } = part;
    if (part.isResident || part.lowestVcn !== this.#next) {
      throw view.corrupt(`a part begins at cluster ${part.lowestVcn} instead of ${this.#next}`);
    }
    // The upper bit of the flags stands for holes, the others mean that clusters do not hold the bytes as they are.
    if ((view.u16le(12) & this.#refusedFlags) !== 0) throw view.corrupt('is compressed or encrypted', 12);
    for (const run of clusterRuns(part, this.#clusterCount)) {
      this.#runs.push(run);
      this.#next += run.count;
    }
    if (this.#runs.length > maxRuns) throw view.corrupt(`more than ${maxRuns} runs`);
  }
}

/** Little-endian, up to 8 bytes; what is no safe integer comes out too large for any volume. */
function integer(bytes: Uint8Array, signed: boolean): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i -= 1) value = value * 256 + (bytes[i] ?? 0);
  const negative = signed && ((bytes.at(-1) ?? 0) & 0x80) !== 0;
  return negative ? value - 256 ** bytes.length : value;
}
