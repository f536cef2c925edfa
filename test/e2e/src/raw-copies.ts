import { open, stat } from 'node:fs/promises';

const mebi = 1024 * 1024;
export const grain = 64 * 1024;
const sector = 512;

/** Reads files of one size side by side, in pieces of 1 MiB, which are gone when the next are asked for. */
async function* sideBySide(...paths: readonly string[]): AsyncGenerator<{ offset: number; parts: Buffer[] }> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const [size = 0] = sizes;
  if (sizes.some((other) => other !== size))
    throw new Error(`of different sizes: ${paths.join(', ')}: ${sizes.join()}`);
  const files = await Promise.all(paths.map((path) => open(path)));
  const buffers = paths.map(() => Buffer.alloc(mebi));
  try {
    for (let offset = 0; offset < size; offset += mebi) {
      const length = Math.min(mebi, size - offset);
      const parts = [];
      for (const [i, file] of files.entries()) {
        const part = (buffers[i] ?? Buffer.alloc(mebi)).subarray(0, length);
        for (let filled = 0; filled < length;) {
          filled += (await file.read(part, filled, length - filled, offset + filled)).bytesRead;
        }
        parts.push(part);
      }
      yield { offset, parts };
    }
  } finally {
    for (const file of files) await file.close();
  }
}

const zeros = Buffer.alloc(mebi);
const isZero = (bytes: Buffer): boolean => bytes.equals(zeros.subarray(0, bytes.length));

/** Calls `look` for every block of `unit` bytes. */
async function eachBlock(
  unit: number,
  paths: readonly string[],
  look: (offset: number, ...blocks: readonly Buffer[]) => void,
): Promise<void> {
  for await (const { offset, parts } of sideBySide(...paths)) {
    for (let at = 0; at < (parts[0]?.length ?? 0); at += unit) {
      look(offset + at, ...parts.map((part) => part.subarray(at, at + unit)));
    }
  }
}

/** Bytes of the 4 KiB blocks that hold anything. */
export async function usedBytes(path: string): Promise<number> {
  let used = 0;
  await eachBlock(4096, [path], (_, block) => {
    if (block !== undefined && !isZero(block)) used += block.length;
  });
  return used;
}

/** Grains in which two copies differ, and those of them that hold anything in the newer one. */
export async function changedGrains(older: string, newer: string): Promise<{ all: number; filled: number }> {
  const count = { all: 0, filled: 0 };
  await eachBlock(grain, [older, newer], (_, before, after) => {
    if (before === undefined || after === undefined || before.equals(after)) return;
    count.all += 1;
    if (!isZero(after)) count.filled += 1;
  });
  return count;
}

/** Grains inside a range that hold something in the first copy, nothing in the second, and something else in the third. */
export async function reusedGrains(
  copies: readonly [string, string, string],
  { offset, size }: { readonly offset: number; readonly size: number },
): Promise<number> {
  let count = 0;
  await eachBlock(grain, copies, (at, first, second, third) => {
    if (at < offset || at >= offset + size || first === undefined || second === undefined) return;
    if (!isZero(first) && isZero(second) && third !== undefined && !isZero(third) && !first.equals(third)) count += 1;
  });
  return count;
}

/** Rejects unless every sector of the copy is that of the source, or zero. */
export async function assertNothingInvented(copy: string, source: string): Promise<void> {
  await eachBlock(sector, [copy, source], (offset, ours, original) => {
    if (ours === undefined || original === undefined || ours.equals(original) || isZero(ours)) return;
    throw new Error(`${copy} has bytes at ${offset} that ${source} never had`);
  });
}

/** A file of `size` bytes 0xff: whatever is restored onto it shows which bytes were written. */
export async function paint(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    const paint = Buffer.alloc(4 * mebi, 0xff);
    for (let offset = 0; offset < size; offset += paint.length) {
      await file.write(paint, 0, Math.min(paint.length, size - offset), offset);
    }
  } finally {
    await file.close();
  }
}

/**
 * The bytes of a version, known from outside: a sector that is the same on a restored new file and on a restored painted file
 * was written. All others must be untouched: zero on the new file, paint on the painted one. Rejects unless `image` has the
 * same bytes as `restored` wherever the version has any; returns how many that are.
 */
export async function compareWhereWritten(image: string, restored: string, painted: string): Promise<number> {
  const untouched = Buffer.alloc(sector, 0xff);
  let written = 0;
  await eachBlock(sector, [image, restored, painted], (offset, ours, expected, onPaint) => {
    if (ours === undefined || expected === undefined || onPaint === undefined) return;
    if (expected.equals(onPaint)) {
      written += sector;
      if (!ours.equals(expected)) throw new Error(`${image} differs from ${restored} at ${offset}`);
    } else if (!isZero(expected) || !onPaint.equals(untouched)) {
      throw new Error(`${restored} and ${painted} disagree at ${offset}`);
    }
  });
  return written;
}
