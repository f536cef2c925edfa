import { isSysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import { grainSize } from './grain.js';
import type { ObjectReader } from './object-reader.js';

/**
 * Fills `into` with what can be read. What a target says it cannot read is looked for in pieces of a grain: the rest may be sound.
 * The result: numbers of the pieces, from the start of `into` on, that are lost.
 */
export async function readAround(
  objects: ObjectReader,
  name: ObjectName,
  start: number,
  into: Uint8Array,
): Promise<ReadonlySet<number>> {
  const lost = new Set<number>();
  if (await canRead(objects, name, start, into)) return lost;
  for (let at = 0; at < into.length; at += grainSize) {
    const piece = into.subarray(at, at + grainSize);
    if (!(await canRead(objects, name, start + at, piece))) lost.add(at / grainSize);
  }
  return lost;
}

async function canRead(objects: ObjectReader, name: ObjectName, start: number, into: Uint8Array): Promise<boolean> {
  try {
    await objects.read(name, start, into);
    return true;
  } catch (error) {
    if (isSysimageError(error, 'corrupt')) return false;
    throw error;
  }
}
