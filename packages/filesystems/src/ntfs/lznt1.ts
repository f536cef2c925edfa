import { ByteView } from '@sysimage/bytes';

/** Every chunk stands for this many bytes, however few it holds. */
const chunkSize = 4096;

/**
 * Undoes LZNT1 ([MS-XCA] section 2.5): `size` bytes, zeros after the last chunk. Throws `FormatError` for references before the
 * beginning of a chunk and chunks that are cut off.
 */
export function decompressLznt1(compressed: Uint8Array, size: number): Uint8Array {
  const view = new ByteView(compressed, 'NTFS compressed unit');
  const output = new Uint8Array(size);
  let at = 0;
  for (let start = 0; start < size && at + 2 <= view.length; start += chunkSize) {
    const header = view.u16le(at);
    if (header === 0) break;
    const chunk = view.view(at + 2, (header & 0xfff) + 1);
    const target = output.subarray(start, Math.min(start + chunkSize, size));
    if ((header & 0x8000) !== 0) decompressChunk(chunk, target);
    else if (chunk.length > target.length) throw chunk.corrupt(`chunk of ${chunk.length} bytes`);
    else target.set(chunk.bytes);
    at += 2 + chunk.length;
  }
  return output;
}

/** Eight tokens follow each byte of flags: a literal, or how far back and how long. */
function decompressChunk(chunk: ByteView, target: Uint8Array): void {
  let [at, done] = [0, 0];
  while (at < chunk.length) {
    const flags = chunk.u8(at);
    at += 1;
    for (let bit = 0; bit < 8 && at < chunk.length; bit += 1) {
      if (((flags >>> bit) & 1) === 0) {
        if (done >= target.length) throw chunk.corrupt('more than a chunk', at);
        target[done] = chunk.u8(at);
        [at, done] = [at + 1, done + 1];
        continue;
      }
      const token = chunk.u16le(at);
      // The further into the chunk, the more bits for the distance and the fewer for the length.
      const distanceBits = Math.max(4, 32 - Math.clz32(done - 1));
      const length = (token & (2 ** (16 - distanceBits) - 1)) + 3;
      const distance = (token >>> (16 - distanceBits)) + 1;
      if (distance > done || done + length > target.length)
        throw chunk.corrupt(`${length} bytes from ${distance} back`, at);
      for (let i = 0; i < length; i += 1) target[done + i] = target[done - distance + i] ?? 0;
      [at, done] = [at + 2, done + length];
    }
  }
}
