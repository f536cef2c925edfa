import { ExtentSet, ExtentSetBuilder } from '@sysimage/extents';
import { SysimageError } from '../contract/errors.js';
import { z } from 'zod';
import { grainSize } from '../image/grain.js';

/** More than any disk has that holds together at all. */
const longestRuns = 16 * 2 ** 20;

/**
 * Which grains of a disk are in a set, as text: for each run the gap before it and its length, in grains of 64 KiB and with commas
 * between all of them. `0,2,5,1` is the first two grains and the eighth.
 */
export const runsSchema = z.string().max(longestRuns);

/** Offsets of the set are of the disk. What is part of a grain counts as all of it. */
export function runsOf(set: ExtentSet): string {
  const numbers: number[] = [];
  let end = 0;
  for (const run of set.alignOut(grainSize)) {
    numbers.push((run.start - end) / grainSize, (run.end - run.start) / grainSize);
    end = run.end;
  }
  return numbers.join(',');
}

/** What lies behind `limit`, bytes, is cut off. Errors: `invalid` for a text that was not written by `runsOf`. */
export function readRuns(text: string, limit: number): ExtentSet {
  const builder = new ExtentSetBuilder();
  let end = 0;
  for (let at = 0; at < text.length;) {
    const gap = numberAt(text, at);
    const length = numberAt(text, gap.next);
    const start = end + gap.value * grainSize;
    end = start + length.value * grainSize;
    if (!Number.isSafeInteger(end)) throw broken('a number is too large');
    if (start < limit) builder.add(start, Math.min(end, limit));
    at = length.next;
  }
  return builder.build();
}

/** One number, and where the next one begins. Of a large disk there are millions of them: they are never all in memory. */
function numberAt(text: string, at: number): { readonly value: number; readonly next: number } {
  const comma = text.indexOf(',', at);
  const end = comma === -1 ? text.length : comma;
  const digits = text.slice(at, Math.min(end, at + 20));
  if (!/^\d{1,15}$/u.test(digits)) throw broken(`"${digits}" is no number of grains`);
  // A comma at the very end has no number behind it.
  return { value: Number(digits), next: end === text.length - 1 ? end : end + 1 };
}

function broken(why: string): SysimageError {
  return new SysimageError('invalid', `runs of grains cannot be read: ${why}`, { operation: 'read machine' });
}
