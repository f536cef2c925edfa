/** The unit of change detection, of digests and of layers: 64 KiB, aligned to the disk. */
export const grainSize = 65_536;

/** Bytes of disk that one shard of an image map describes. */
export const shardSize = 1_073_741_824;

export const grainsPerShard = shardSize / grainSize;

/** Bytes of a digest (BLAKE3). */
export const digestSize = 32;

/** Grains of a disk, the last one perhaps cut by the end of the disk and filled up with zeros. */
export function grainCount(diskSize: number): number {
  return Math.ceil(diskSize / grainSize);
}

export function shardCount(diskSize: number): number {
  return Math.ceil(diskSize / shardSize);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
