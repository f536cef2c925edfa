import type { Hasher } from '../contract/services.js';
import type { Held } from '../contract/target.js';
import { grainSize } from '../image/grain.js';
import type { InPlaceImage } from '../image/in-place-image.js';
import type { LayerPiece, LayerWriter } from '../image/layer-writer.js';

/** Entries of zeros that go to the layer at once: every flush of it is paid by several blocks. */
const entriesAtOnce = 1024;

/** The slots of free blocks, for blocks that come into use: an image grows only when there is none of them. */
export class FreeSlots {
  readonly #image: InPlaceImage;
  readonly #layer: LayerWriter;
  readonly #blocks: AsyncIterator<number>;
  readonly #hasher: Hasher;
  readonly #held: Held;
  /** Free blocks of which the layer says that they were zeros. */
  readonly #ready: number[] = [];
  #isExhausted = false;

  /** `blocks`: what `findFreeBlocks` finds. Nothing is asked of it before a block needs a slot. */
  constructor(image: InPlaceImage, layer: LayerWriter, blocks: AsyncIterator<number>, hasher: Hasher, held: Held) {
    this.#image = image;
    this.#layer = layer;
    this.#blocks = blocks;
    this.#hasher = hasher;
    this.#held = held;
  }

  /**
   * Gives every block under `length` bytes from `grain` on that has no slot a free one, as long as there are any. While this goes on nothing
   * else may go to the layer.
   */
  async provide(grain: number, length: number): Promise<void> {
    for (const block of this.#image.withoutSlot(grain, length)) {
      if (this.#ready.length === 0) await this.#prepare();
      const free = this.#ready.shift();
      if (free === undefined) return;
      await this.#image.moveSlot(free, block);
    }
  }

  /** Makes durable that some free blocks were zeros: taking the run back makes them that again, whatever stands there by then. */
  async #prepare(): Promise<void> {
    if (this.#isExhausted) return;
    const count = this.#image.format.blockSize / grainSize;
    const digest = this.#hasher.digest(new Uint8Array(grainSize));
    const pieces: LayerPiece[] = [];
    const found: number[] = [];
    while (found.length === 0 || pieces.length + count <= entriesAtOnce) {
      const next = await this.#blocks.next();
      this.#isExhausted = next.done === true;
      if (next.done === true) break;
      found.push(next.value);
      for (let grain = next.value * count; grain < (next.value + 1) * count; grain += 1)
        pieces.push({ kind: 'zero', position: grain, digest, bytes: new Uint8Array(0) });
    }
    if (found.length === 0) return;
    this.#held.assertHeld();
    await this.#layer.append(pieces);
    await this.#layer.flush();
    this.#held.assertHeld();
    this.#ready.push(...found);
  }
}
