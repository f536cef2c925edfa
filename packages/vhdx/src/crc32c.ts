const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** CRC-32C (Castagnoli, RFC 3720) of all bytes, the checksum's own four at `ownOffset` counted as zero. */
export function crc32c(bytes: Uint8Array, ownOffset: number): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = i >= ownOffset && i < ownOffset + 4 ? 0 : (bytes[i] ?? 0);
    crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
