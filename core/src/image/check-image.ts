import { isSysimageError } from '../contract/errors.js';
import { openImage } from './choose-format.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import type { FoundDamage } from '../model/damage.js';
import type { DiskRecord } from '../model/version-record.js';
import { checkSlots } from './check-slots.js';
import { ExpectedGrains } from './expected-grains.js';
import { grainSize, grainsPerShard } from './grain.js';
import { headerDigest, imageSize, noSlot, type ImageFormat, type SlotTable } from './image-format.js';
import { isNeeded } from './needed.js';
import { asCorrupt, readRange } from './object-io.js';
import type { Wanted } from './share.js';

export interface ImageCheck {
  readonly target: Target;
  /** The newest version of the image: its maps tell of everything in it. */
  readonly disk: DiskRecord;
  /** The oldest version that must stay readable. */
  readonly oldest: string | undefined;
  readonly hasher: Hasher;
  readonly options?: CallOptions;
  /** Which slots are read; all else always is. */
  readonly wanted: Wanted;
  /** Hears how many bytes were looked at, and where they start. What lies before was looked at earlier. */
  readonly onRead: (bytes: number, offset: number) => void;
}

/**
 * Reads an image file from end to end: header and footer, what frames every slot, every grain that a version needs, and that the
 * rest is zeros. Only what a deleted version alone used may be anything, until the next backup.
 */
export async function* checkImage(check: ImageCheck): AsyncGenerator<FoundDamage> {
  const { target, disk, options } = check;
  const { name } = disk.image;
  const stat = await target.stat(name, options);
  if (stat === undefined) {
    yield { object: name, start: 0, end: disk.image.size, what: 'it is missing' };
    return;
  }
  const read = (start: number, length: number): Promise<Uint8Array> =>
    readRange(target, name, start, start + length, options);
  let own: { format: ImageFormat; table: SlotTable } | undefined;
  try {
    ({ own } = await openImage(read, stat.size));
  } catch (error) {
    const told = asCorrupt(error, name);
    if (!isSysimageError(told)) throw error;
    yield { object: name, start: 0, end: stat.size, what: told.message };
    return;
  }
  if (own === undefined) {
    yield { object: name, start: 0, end: stat.size, what: 'it was rewritten by another program' };
    return;
  }
  const { format, table } = own;
  yield* checkFrame(check, format, table, stat.size, read);
  const expected = new ExpectedGrains(check);
  yield* checkPlaces(check, format, table, expected);
  yield* checkSlots(check, format, table, expected);
}

async function* checkFrame(
  { disk, hasher }: ImageCheck,
  format: ImageFormat,
  table: SlotTable,
  size: number,
  read: (start: number, length: number) => Promise<Uint8Array>,
): AsyncGenerator<FoundDamage> {
  const object = disk.image.name;
  const slots = table.reduce((most, slot) => Math.max(most, slot + 1), 0);
  const expectedSize = imageSize(format, slots);
  if (size !== expectedSize) {
    const [start, end] = [Math.min(size, expectedSize), Math.max(size, expectedSize)];
    yield {
      object,
      start,
      end,
      what: `it has ${size} bytes instead of ${expectedSize}`,
      harmless: size > expectedSize,
    };
  }
  const footerAt = Math.max(0, size - format.footerSize);
  const [header, footer] = [await read(0, format.headerSize), await read(footerAt, format.footerSize)];
  let located = false;
  for (const [at, found, expected] of [
    [0, header, format.encodeHeader(table)],
    [footerAt, footer, format.encodeFooter()],
  ] as const) {
    const differs = found.findIndex((byte, i) => byte !== expected[i]);
    if (differs < 0) continue;
    located = true;
    // It could be read around.
    const what = 'the header or footer is not what was written';
    yield { object, start: at + differs, end: at + differs + 1, what, harmless: true };
  }
  if (!located && headerDigest(header, footer, hasher) !== disk.image.headerDigest) {
    yield { object, start: 0, end: format.headerSize, what: 'the table of blocks is not what its version recorded' };
  }
}

/** Every grain with bytes must have a place in the file. */
async function* checkPlaces(
  { disk, oldest }: ImageCheck,
  format: ImageFormat,
  table: SlotTable,
  expected: ExpectedGrains,
): AsyncGenerator<FoundDamage> {
  for (const { shard: index } of disk.shards) {
    const shard = await expected.shard(index);
    if (shard === undefined) continue;
    for (let grain = 0; grain < shard.count; grain += 1) {
      if (shard.kind(grain) !== 'data' || !isNeeded(shard, grain, oldest)) continue;
      const number = index * grainsPerShard + grain;
      if (table[Math.floor((number * grainSize) / format.blockSize)] !== noSlot) continue;
      const what = `grain ${number} of the disk has no place in the table of blocks`;
      yield { object: disk.image.name, start: 0, end: format.headerSize, what, grain: number };
    }
  }
}
