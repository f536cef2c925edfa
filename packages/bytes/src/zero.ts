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
