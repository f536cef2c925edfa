/** One's complement of the sum of all bytes, the checksum's own four counted as zero (VHD specification, "Checksum"). */
export function checksum(bytes: Uint8Array, ownOffset: number): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  for (const byte of bytes.subarray(ownOffset, ownOffset + 4)) sum -= byte;
  return ~sum >>> 0;
}
