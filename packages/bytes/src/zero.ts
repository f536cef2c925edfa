/** True when every byte is zero. */
export function isZero(bytes: Uint8Array): boolean {
  const head = bytes.byteOffset % 8 === 0 ? 0 : Math.min(8 - (bytes.byteOffset % 8), bytes.length);
  for (let i = 0; i < head; i += 1) if (bytes[i] !== 0) return false;
  const wordCount = Math.floor((bytes.length - head) / 8);
  const words = new Float64Array(bytes.buffer, bytes.byteOffset + head, wordCount);
  // Minus zero has a bit set, so 64-bit floats alone would call 0x80…00 zero; Object.is tells them apart.
  for (let i = 0; i < wordCount; i += 1) if (!Object.is(words[i], 0)) return false;
  for (let i = head + wordCount * 8; i < bytes.length; i += 1) if (bytes[i] !== 0) return false;
  return true;
}
