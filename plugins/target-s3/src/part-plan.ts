const mebibyte = 2 ** 20;

/** Below this one request carries the whole object: no upload to complete, none to leave behind. */
export const multipartFrom = 64 * mebibyte;

export const mostParts = 10_000;
export const largestObject = 5 * 2 ** 40;

const smallestPart = 16 * mebibyte;

/**
 * Bytes of every part but the last, which may be shorter: some servers refuse parts of different sizes. Small, because two
 * parts are held in memory; larger when 10 000 of them would not reach.
 */
export function partSizeOf(size: number): number {
  if (size < multipartFrom) return size;
  return Math.max(smallestPart, Math.ceil(size / mostParts / mebibyte) * mebibyte);
}
