/** True when every byte is zero. */
export function isZero(bytes: Uint8Array): boolean {
  const head = Math.min(-bytes.byteOffset & 3, bytes.length);
  for (let i = 0; i < head; i += 1) if (bytes[i] !== 0) return false;
  const wordCount = (bytes.length - head) >>> 2;
  const words = new Int32Array(bytes.buffer, wordCount === 0 ? 0 : bytes.byteOffset + head, wordCount);
  for (let i = 0; i < wordCount; i += 1) if (words[i] !== 0) return false;
  for (let i = head + wordCount * 4; i < bytes.length; i += 1) if (bytes[i] !== 0) return false;
  return true;
}

/** The runs of pieces of `unit` bytes (the last may be shorter) that are not all zero, in order. */
export function* nonZeroRuns(bytes: Uint8Array, unit: number): Generator<{ start: number; end: number }> {
  let start: number | undefined;
  for (let at = 0; at < bytes.length; at += unit) {
    // Most pieces are told by their first byte, or their last.
    const end = Math.min(at + unit, bytes.length);
    const empty = bytes[at] === 0 && bytes[end - 1] === 0 && isZero(bytes.subarray(at, end));
    if (!empty) start ??= at;
    else if (start !== undefined) {
      yield { start, end: at };
      start = undefined;
    }
  }
  if (start !== undefined) yield { start, end: bytes.length };
}
