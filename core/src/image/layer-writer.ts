import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { RandomFile } from '../contract/target.js';
import { toHex } from './grain.js';
import {
  alignLayer,
  encodeBatch,
  encodeEndMark,
  encodeIndex,
  encodeLayerHeader,
  endMarkSize,
  layerHeaderSize,
  type LayerHeader,
  type LayerItem,
} from './layer-format.js';
import type { LayerEntry } from '../model/version-record.js';

/** A piece of a batch: what it is, and its bytes (none for `zero`). */
export interface LayerPiece extends Omit<LayerItem, 'length'> {
  readonly bytes: Uint8Array;
}

/**
 * Appends displaced grains to the layer of one run. Nothing may be overwritten in the image before the batch that holds its
 * old bytes was flushed here.
 */
export class LayerWriter {
  readonly name: ObjectName;
  readonly header: LayerHeader;
  readonly #file: RandomFile;
  readonly #hasher: Hasher;
  #end = layerHeaderSize;
  #seq = 0;
  readonly #grains: number[] = [];
  readonly #offsets: number[] = [];

  private constructor(name: ObjectName, header: LayerHeader, file: RandomFile, hasher: Hasher) {
    this.name = name;
    this.header = header;
    this.#file = file;
    this.#hasher = hasher;
  }

  /** `file`: new and empty. It belongs to the writer from now on. */
  static async create(name: ObjectName, header: LayerHeader, file: RandomFile, hasher: Hasher): Promise<LayerWriter> {
    await file.write(0, encodeLayerHeader(header, hasher));
    return new LayerWriter(name, header, file, hasher);
  }

  /** Not durable before `flush`. */
  async append(pieces: readonly LayerPiece[]): Promise<void> {
    const items = pieces.map(({ kind, position, digest, bytes }) => ({ kind, position, digest, length: bytes.length }));
    const batch = encodeBatch({ seq: this.#seq, run: this.header.run, items }, this.#end, this.#hasher);
    let at = batch.payloadOffset;
    try {
      await this.#file.write(this.#end, batch.head);
      for (const piece of pieces) {
        if (piece.kind !== 'file') {
          this.#grains.push(piece.position);
          this.#offsets.push(piece.kind === 'zero' ? 0 : at);
        }
        if (piece.bytes.length > 0) await this.#file.write(at, piece.bytes);
        at += piece.bytes.length;
      }
    } catch (error) {
      // On a full target the roll-back needs the room that half a batch takes.
      await this.#file.truncate(this.#end).catch(() => undefined);
      throw error;
    }
    this.#end = batch.end;
    this.#seq += 1;
  }

  async flush(): Promise<void> {
    await this.#file.flush();
  }

  /** Writes index and end mark, durably, and closes. */
  async seal(): Promise<LayerEntry> {
    const order = this.#grains.map((_, i) => i).sort((a, b) => (this.#grains[a] ?? 0) - (this.#grains[b] ?? 0));
    const index = encodeIndex(
      {
        grains: Uint32Array.from(order, (i) => this.#grains[i] ?? 0),
        offsets: Float64Array.from(order, (i) => this.#offsets[i] ?? 0),
      },
      this.header.run,
    );
    const markOffset = alignLayer(this.#end + index.length);
    await this.#file.write(this.#end, index);
    await this.#file.write(markOffset, encodeEndMark(this.#end, index, this.#hasher));
    await this.#file.flush();
    await this.#file.close();
    return {
      name: this.name,
      size: markOffset + endMarkSize,
      digest: toHex(this.#hasher.digest(index)),
      base: this.header.base,
      run: this.header.run,
    };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
