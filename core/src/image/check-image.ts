import { isZero } from '@sysimage/bytes';
import { isSysimageError } from '../contract/errors.js';
import { openImage } from './choose-format.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import type { FoundDamage } from '../model/damage.js';
import type { DiskRecord } from '../model/version-record.js';
import { digestSize, equalBytes, grainCount, grainSize, grainsPerShard } from './grain.js';
import { imageSize, noSlot, slotDataOffset, type ImageFormat, type SlotTable } from './image-format.js';
import { headerDigest } from './in-place-image.js';
import { MapShard } from './map-shard.js';
import { isNeeded } from './needed.js';
import { asCorrupt, readRange } from './object-io.js';
import { readShard } from './read-map.js';

/** Bytes read at once. */
const readSize = 1024 * 1024;
/** Maps kept: slots follow the order in which blocks were first used, so neighbours mostly share one. */
const keptShards = 8;

export interface ImageCheck {
  readonly target: Target;
  /** The newest version of the image: its maps tell of everything in it. */
  readonly disk: DiskRecord;
  /** The oldest version that must stay readable. */
  readonly oldest: string | undefined;
  readonly hasher: Hasher;
  readonly options?: CallOptions;
  /** Hears how many bytes were looked at. */
  readonly onRead: (bytes: number) => void;
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
  const maps = new MapCache(check);
  yield* checkPlaces(check, format, table, maps);
  for (const { block, slot } of blocksBySlot(table)) {
    yield* checkSlot(check, format, block, slot, maps, read);
    check.onRead(format.slotSize);
  }
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
  maps: MapCache,
): AsyncGenerator<FoundDamage> {
  for (const { shard: index } of disk.shards) {
    const shard = await maps.shard(index);
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

async function* checkSlot(
  check: ImageCheck,
  format: ImageFormat,
  block: number,
  slot: number,
  maps: MapCache,
  read: (start: number, length: number) => Promise<Uint8Array>,
): AsyncGenerator<FoundDamage> {
  const object = check.disk.image.name;
  const dataAt = slotDataOffset(format, slot);
  const frameAt = dataAt - format.slotFrame.length;
  const frame = await readOrDamage(read, frameAt, format.slotFrame.length);
  const differs = frame?.findIndex((byte, i) => byte !== format.slotFrame[i]) ?? 0;
  if (frame === undefined || differs >= 0) {
    const what = 'the bitmap before a block is not what was written';
    yield { object, start: frameAt + differs, end: frameAt + differs + 1, what, harmless: true };
  }
  for (let at = 0; at < format.blockSize; at += readSize) {
    const bytes = await readOrDamage(read, dataAt + at, readSize);
    const digests = bytes === undefined ? undefined : await check.hasher.digestEach(bytes, grainSize);
    for (let i = 0; i * grainSize < readSize; i += 1) {
      const grain = (block * format.blockSize + at) / grainSize + i;
      const expected = await maps.expected(grain);
      if (expected === 'anything') continue;
      const same =
        bytes !== undefined &&
        digests !== undefined &&
        (expected === 'zeros'
          ? isZero(bytes.subarray(i * grainSize, (i + 1) * grainSize))
          : equalBytes(digests.subarray(i * digestSize, (i + 1) * digestSize), expected));
      if (same) continue;
      const start = dataAt + at + i * grainSize;
      const isData = expected !== 'zeros';
      const what = isData
        ? `grain ${grain} of the disk does not have its digest`
        : 'space that no version uses is not zeros';
      yield { object, start, end: start + grainSize, what, ...(isData ? { grain } : { harmless: true }) };
    }
  }
}

/** `undefined`: the target says that it cannot be read. */
async function readOrDamage(
  read: (start: number, length: number) => Promise<Uint8Array>,
  start: number,
  length: number,
): Promise<Uint8Array | undefined> {
  try {
    return await read(start, length);
  } catch (error) {
    if (isSysimageError(error, 'corrupt')) return undefined;
    throw error;
  }
}

function blocksBySlot(table: SlotTable): readonly { block: number; slot: number }[] {
  const found: { block: number; slot: number }[] = [];
  table.forEach((slot, block) => {
    if (slot !== noSlot) found.push({ block, slot });
  });
  return found.sort((a, b) => a.slot - b.slot);
}

/** What the image must hold for each grain, from the maps of its newest version. */
class MapCache {
  readonly #check: ImageCheck;
  readonly #shards = new Map<number, MapShard | undefined>();

  constructor(check: ImageCheck) {
    this.#check = check;
  }

  /** `undefined` when it is empty; a map that is damaged itself is told of elsewhere, and then anything may be in the image. */
  async shard(index: number): Promise<MapShard | undefined> {
    if (this.#shards.has(index)) return this.#shards.get(index);
    const { target, disk, hasher, options } = this.#check;
    const shard = await readShard(target, disk, index, hasher, options).catch((error: unknown) => {
      if (isSysimageError(error, 'corrupt')) return undefined;
      throw error;
    });
    const [first] = this.#shards.keys();
    if (this.#shards.size >= keptShards && first !== undefined) this.#shards.delete(first);
    this.#shards.set(index, shard);
    return shard;
  }

  async expected(grain: number): Promise<'zeros' | 'anything' | Uint8Array> {
    const { disk, oldest } = this.#check;
    if (grain >= grainCount(disk.layout.size)) return 'zeros';
    const index = Math.floor(grain / grainsPerShard);
    const shard = await this.shard(index);
    if (shard === undefined) return disk.shards.some((entry) => entry.shard === index) ? 'anything' : 'zeros';
    const at = grain % grainsPerShard;
    const kind = shard.kind(at);
    if (kind === 'absent') return 'zeros';
    if (!isNeeded(shard, at, oldest)) return 'anything';
    return kind === 'zero' ? 'zeros' : shard.digest(at);
  }
}
