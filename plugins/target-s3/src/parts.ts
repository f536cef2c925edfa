import { createHash } from 'node:crypto';
import { untilCancelled, SysimageError, type Chunks, type ObjectName, type PutOptions } from '@sysimage/core/plugin';

export interface Part {
  /** From 1. */
  readonly number: number;
  /** Overwritten when the part after the next one is asked for. */
  readonly bytes: Buffer;
  readonly md5: string;
}

export interface PartsOf {
  readonly name: ObjectName;
  readonly size: number;
  readonly partSize: number;
}

/**
 * Gathers chunks into parts. Whole parts in memory, because the client sends a request again when the line fails, and a
 * stream that was half read could not be. Throws `invalid` when more or fewer than `size` bytes come: all parts may have been
 * yielded by then.
 */
export async function* partsOf(
  { name, size, partSize }: PartsOf,
  chunks: Chunks,
  options: PutOptions | undefined,
): AsyncIterable<Part> {
  const buffers: Buffer[] = [];
  let number = 1;
  let filled = 0;
  let gathered = 0;
  let hash = createHash('md5');
  for await (const chunk of untilCancelled('put', chunks(), options)) {
    if (gathered + chunk.byteLength > size) throw wrongSize(name, `more than ${size} bytes came`);
    gathered += chunk.byteLength;
    for (let at = 0; at < chunk.byteLength;) {
      const length = Math.min(partSize, size - (number - 1) * partSize);
      const buffer = (buffers[number % 2] ??= Buffer.allocUnsafeSlow(length));
      const piece = chunk.subarray(at, at + length - filled);
      buffer.set(piece, filled);
      hash.update(piece);
      at += piece.byteLength;
      filled += piece.byteLength;
      if (filled < length) continue;
      yield { number, bytes: buffer.subarray(0, length), md5: hash.digest('base64') };
      number += 1;
      filled = 0;
      hash = createHash('md5');
    }
  }
  if (gathered !== size) throw wrongSize(name, `${gathered} of ${size} bytes came`);
}

function wrongSize(name: ObjectName, what: string): SysimageError {
  return new SysimageError('invalid', `"${name}" was not written: ${what}`, { operation: 'put', context: { name } });
}
