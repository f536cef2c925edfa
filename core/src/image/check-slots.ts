import { isZero } from '@sysimage/bytes';
import type { FoundDamage } from '../model/damage.js';
import type { ImageCheck } from './check-image.js';
import type { ExpectedGrains } from './expected-grains.js';
import { digestSize, equalBytes, grainSize } from './grain.js';
import { noSlot, slotDataOffset, type ImageFormat, type SlotTable } from './image-format.js';
import { ObjectReader } from './object-reader.js';
import { readAhead } from './read-ahead.js';
import { readAround } from './read-around.js';

/** Payload read at once, bytes; blocks have this size, or are several of these. */
const readSize = 2 * 1024 * 1024;
/** Reads that go on while one is looked at. */
const readsAhead = 3;

/** Reads every wanted slot of an image, in the order of the file: its frame, every grain that a version needs, and zeros for the rest. */
export async function* checkSlots(
  check: ImageCheck,
  format: ImageFormat,
  table: SlotTable,
  expected: ExpectedGrains,
): AsyncGenerator<FoundDamage> {
  const { target, options } = check;
  const objects = new ObjectReader(target, options ?? {});
  // Where somebody may have to change a disc, reads go one after the other.
  const ahead = target.facets.media === undefined ? readsAhead : 0;
  const read = (part: SlotPart, buffer: Uint8Array): Promise<ReadPart> => readSlotPart(check, objects, part, buffer);
  const size = format.slotFrame.length + Math.min(readSize, format.blockSize);
  try {
    for await (const part of readAhead(wantedParts(check, format, table), { ahead, size }, read)) {
      yield* checkFrame(check, format, part);
      yield* checkGrains(check, expected, part);
      check.onRead(part.bytes.length, part.start);
    }
  } finally {
    await objects.close();
  }
}

/** Part of a slot: payload of one block, and the frame if the payload is the first of its block. */
interface SlotPart {
  /** Offset in the file. */
  readonly start: number;
  readonly frameLength: number;
  /** Bytes of payload. */
  readonly length: number;
  /** First grain of the payload. */
  readonly grain: number;
}

interface ReadPart extends SlotPart {
  /** Frame and payload. */
  readonly bytes: Uint8Array;
  /** Units of a grain, from the start of the part on, that the target cannot read. */
  readonly lost: ReadonlySet<number>;
}

function* wantedParts({ disk, wanted }: ImageCheck, format: ImageFormat, table: SlotTable): Generator<SlotPart> {
  for (const part of slotParts(format, table)) if (wanted(disk.image.name, part.start)) yield part;
}

function* slotParts(format: ImageFormat, table: SlotTable): Generator<SlotPart> {
  for (const { block, slot } of blocksBySlot(table)) {
    const dataAt = slotDataOffset(format, slot);
    const length = Math.min(readSize, format.blockSize);
    for (let at = 0; at < format.blockSize; at += length) {
      const frameLength = at === 0 ? format.slotFrame.length : 0;
      const grain = (block * format.blockSize + at) / grainSize;
      yield { start: dataAt + at - frameLength, frameLength, length, grain };
    }
  }
}

async function readSlotPart(
  { disk }: ImageCheck,
  objects: ObjectReader,
  part: SlotPart,
  buffer: Uint8Array,
): Promise<ReadPart> {
  const bytes = buffer.subarray(0, part.frameLength + part.length);
  return { ...part, bytes, lost: await readAround(objects, disk.image.name, part.start, bytes) };
}

/** True when nothing of `[start, end)`, bytes of the part, is lost. */
function isThere({ lost }: ReadPart, start: number, end: number): boolean {
  return !lost.has(Math.floor(start / grainSize)) && !lost.has(Math.floor((end - 1) / grainSize));
}

function* checkFrame({ disk }: ImageCheck, { slotFrame }: ImageFormat, part: ReadPart): Generator<FoundDamage> {
  const { start, frameLength, bytes } = part;
  if (frameLength === 0) return;
  const differs = isThere(part, 0, frameLength) ? slotFrame.findIndex((byte, i) => byte !== bytes[i]) : 0;
  if (differs < 0) return;
  const what = 'the bitmap before a block is not what was written';
  yield { object: disk.image.name, start: start + differs, end: start + differs + 1, what, harmless: true };
}

async function* checkGrains(
  { disk, hasher }: ImageCheck,
  expectedGrains: ExpectedGrains,
  part: ReadPart,
): AsyncGenerator<FoundDamage> {
  const payload = part.bytes.subarray(part.frameLength);
  const digests = await hasher.digestEach(payload, grainSize);
  for (let i = 0; i * grainSize < payload.length; i += 1) {
    const grain = part.grain + i;
    const expected = await expectedGrains.of(grain);
    if (expected === 'anything') continue;
    const at = part.frameLength + i * grainSize;
    const same =
      isThere(part, at, at + grainSize) &&
      (expected === 'zeros'
        ? isZero(payload.subarray(i * grainSize, (i + 1) * grainSize))
        : equalBytes(digests.subarray(i * digestSize, (i + 1) * digestSize), expected));
    if (same) continue;
    const start = part.start + at;
    const isData = expected !== 'zeros';
    const what = isData
      ? `grain ${grain} of the disk does not have its digest`
      : 'space that no version uses is not zeros';
    yield {
      object: disk.image.name,
      start,
      end: start + grainSize,
      what,
      ...(isData ? { grain } : { harmless: true }),
    };
  }
}

function blocksBySlot(table: SlotTable): readonly { block: number; slot: number }[] {
  const found: { block: number; slot: number }[] = [];
  table.forEach((slot, block) => {
    if (slot !== noSlot) found.push({ block, slot });
  });
  return found.sort((a, b) => a.slot - b.slot);
}
