import { digestSize, equalBytes, grainSize } from '../image/grain.js';
import type { InPlaceImage } from '../image/in-place-image.js';
import type { LayerPiece, LayerWriter } from '../image/layer-writer.js';
import type { Copied } from '../image/read-digests.js';
import { isSysimageError } from '../contract/errors.js';
import type { Hasher } from '../contract/services.js';
import type { Held } from '../contract/target.js';
import type { FreeSlots } from './free-slots.js';
import { InFlight } from './in-flight.js';

/** Changed data that is kept back until the old bytes below it are safe. */
const batchBytes = 32 * 1024 * 1024;
/** Written between two flushes: a slow disk must not owe so much that the lease's sign of life waits behind it. */
const unflushedBytes = batchBytes;
/** Old bytes read from the image at once, grains. */
const readAtOnce = 16;
/** Changes of a batch that are written side by side. */
const writtenAtOnce = 4;
const zeroGrain = new Uint8Array(grainSize);

/** Whole grains, one after the other. */
export interface Piece {
  readonly grain: number;
  readonly bytes: Uint8Array;
}

/** What the image holds at a grain now, as its map says. */
export interface OldGrain {
  readonly kind: 'zero' | 'data';
  readonly digest: Uint8Array;
}

interface Change {
  readonly grain: number;
  /** `undefined`: it becomes zeros. */
  readonly bytes: Uint8Array | undefined;
  readonly old: OldGrain;
}

/**
 * Puts changed grains into an image. A grain that an older version needs waits in a batch: its old bytes are read, checked, put
 * into the layer and flushed there, and only then are they overwritten.
 */
export class ChangeWriter {
  readonly #image: InPlaceImage;
  readonly #layer: LayerWriter | undefined;
  readonly #hasher: Hasher;
  readonly #held: Held;
  readonly #freeSlots: FreeSlots | undefined;
  #pending: Change[] = [];
  readonly #writes = new InFlight();
  #flushed: Promise<void> = Promise.resolve();
  #unflushed = 0;
  /** Bytes that went to the layer. */
  displacedBytes = 0;
  changedBytes = 0;
  /** Grains whose old bytes were already damaged in the image. */
  damaged = 0;

  /** `freeSlots`: where blocks that come into use find a place before the image grows. */
  constructor(image: InPlaceImage, layer: LayerWriter | undefined, hasher: Hasher, held: Held, freeSlots?: FreeSlots) {
    this.#image = image;
    this.#layer = layer;
    this.#hasher = hasher;
    this.#held = held;
    this.#freeSlots = freeSlots;
  }

  /**
   * Nobody needs what is there. The writes go on behind the caller's back: `done` is called when the bytes may be used for
   * something else, and a failure is heard at the next call, or from `settled`.
   */
  async write(pieces: readonly Piece[], done: () => void): Promise<void> {
    this.#held.assertHeld();
    for (const { grain, bytes } of pieces) await this.#freeSlots?.provide(grain, bytes.length);
    this.#writes.start(async () => {
      try {
        for (const { grain, bytes } of pieces) await this.#image.write(grain, bytes);
      } finally {
        done();
      }
    });
    await this.#count(sizeOf(pieces));
  }

  /** A claim of the image has ended. `pieces`: those of its grains that hold anything, which are written now unless all were copied. */
  async settle(grain: number, length: number, copied: Copied, pieces: readonly Piece[]): Promise<void> {
    this.#held.assertHeld();
    const holds = copied === 'some' || pieces.length > 0;
    this.#writes.start(() => this.#image.settle(grain, holds ? (copied === 'all' ? 'all' : 'some') : 'nothing'));
    if (copied === 'some') await this.#image.clear(grain, length / grainSize);
    if (copied === 'all') await this.#count(sizeOf(pieces));
  }

  /** Does something else with the image behind the caller's back; a failure is heard as that of a write. */
  beside(work: () => Promise<void>): void {
    this.#writes.start(work);
  }

  /** Every write has ended when it resolves, or when it rejects with the first failure. */
  async settled(): Promise<void> {
    await this.#writes.settled();
  }

  /** Nobody needs what is there, and it becomes zeros. */
  async clear(grain: number): Promise<void> {
    this.#held.assertHeld();
    if (!this.#image.mayHoldBytes(grain)) return;
    await this.#image.clear(grain, 1);
    await this.#count(grainSize);
  }

  /** An older version needs what is there. `bytes`: one grain, copied here; `undefined`: it becomes zeros. */
  async displace(grain: number, bytes: Uint8Array | undefined, old: OldGrain): Promise<void> {
    this.#pending.push({ grain, bytes: bytes?.slice(), old: { kind: old.kind, digest: old.digest.slice() } });
    if (this.#pending.length * grainSize >= batchBytes) await this.flushBatch();
  }

  /** Makes the old bytes of the batch durable in the layer, then writes the new ones. */
  async flushBatch(): Promise<void> {
    const batch = this.#pending;
    if (batch.length === 0) return;
    this.#pending = [];
    if (this.#layer === undefined) throw new Error('a first backup displaces nothing');
    this.#held.assertHeld();
    await this.#layer.append(await this.#oldPieces(batch));
    await this.#layer.flush();
    this.#held.assertHeld();
    for (const { grain } of batch) await this.#freeSlots?.provide(grain, grainSize);
    await this.#overwrite(batch);
    await this.#count(batch.length * grainSize);
  }

  async #overwrite(batch: readonly Change[]): Promise<void> {
    const queue = batch.values();
    const writes = new InFlight();
    for (let i = 0; i < writtenAtOnce; i += 1) {
      writes.start(async () => {
        for (const { grain, bytes } of queue) {
          // Zeros, not a hole: a roll-back on a full target must find room for the old bytes.
          await this.#image.write(grain, bytes ?? zeroGrain);
        }
      });
    }
    await writes.settled();
  }

  /** A flush goes on beside further writes, but there is only one of them. */
  async #count(bytes: number): Promise<void> {
    this.changedBytes += bytes;
    this.#unflushed += bytes;
    if (this.#unflushed < unflushedBytes) return;
    this.#unflushed = 0;
    await this.#flushed;
    this.#writes.start(() => (this.#flushed = this.#image.flush()));
  }

  /** What the medium has lost reads as zeros: its digest will not fit, and the new bytes may mend the place. */
  async #readOld(grain: number, into: Uint8Array): Promise<void> {
    for (let at = 0, step = into.length; at < into.length; at += step) {
      const part = into.subarray(at, at + step);
      try {
        await this.#image.read(grain + at / grainSize, part);
      } catch (error) {
        if (!isSysimageError(error, 'corrupt')) throw error;
        if (step === grainSize) part.fill(0);
        else [at, step] = [-grainSize, grainSize];
      }
    }
  }

  async #oldPieces(batch: readonly Change[]): Promise<LayerPiece[]> {
    const pieces: LayerPiece[] = [];
    for (let i = 0; i < batch.length;) {
      const run = consecutive(batch, i);
      const [first] = run;
      if (first === undefined) break;
      i += run.length;
      if (first.old.kind === 'zero') {
        for (const { grain, old } of run)
          pieces.push({ kind: 'zero', position: grain, digest: old.digest, bytes: new Uint8Array(0) });
        continue;
      }
      const bytes = new Uint8Array(run.length * grainSize);
      await this.#readOld(first.grain, bytes);
      const digests = await this.#hasher.digestEach(bytes, grainSize);
      run.forEach(({ grain, old }, k) => {
        if (!equalBytes(digests.subarray(k * digestSize, (k + 1) * digestSize), old.digest)) {
          // The older versions have lost this grain already. Its place in the layer stays empty, so that readers say so.
          this.damaged += 1;
          return;
        }
        this.displacedBytes += grainSize;
        pieces.push({
          kind: 'data',
          position: grain,
          digest: old.digest,
          bytes: bytes.subarray(k * grainSize, (k + 1) * grainSize),
        });
      });
    }
    return pieces;
  }
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Changes from `from` on that lie one after the other and whose old grains are of one kind. */
function consecutive(batch: readonly Change[], from: number): readonly Change[] {
  const first = batch[from];
  let to = from + 1;
  while (
    to < batch.length &&
    to - from < readAtOnce &&
    batch[to]?.grain === (first?.grain ?? 0) + to - from &&
    batch[to]?.old.kind === first?.old.kind
  ) {
    to += 1;
  }
  return batch.slice(from, to);
}
