import { expect, test } from '@jest/globals';
import { fileSize, openVhdReader, readVhd, vhdLayout } from '@sysimage/vhd';
import { grainSize } from '../../src/image/grain.js';
import { InPlaceImage } from '../../src/image/in-place-image.js';
import { readerOf } from '../../src/image/object-io.js';
import { vhdFormat } from '../../src/image/vhd-format.js';
import { MemoryFile } from '../memory-file.js';
import { key, names } from '../records.js';

const name = names.firstImage(key, 'vhd');
const diskSize = 6 * 1024 * 1024;
const layout = vhdLayout(diskSize);
const identity = { uuid: new Uint8Array(16).fill(9), createdAt: new Date('2026-01-01T00:00:00.000Z') };

async function closed(image: InPlaceImage): Promise<void> {
  await image.finish();
  await image.flush();
  await image.close();
}

/** An image whose first block is full. */
async function oneBlock(): Promise<MemoryFile> {
  const file = new MemoryFile();
  const image = InPlaceImage.create(name, file, vhdFormat(diskSize, identity));
  await image.begin();
  await image.write(0, new Uint8Array(32 * grainSize).fill(1));
  await closed(image);
  return file;
}

test('a slot that goes to another block is zeros again, whatever it held, and nobody takes it for one that may hold bytes', async () => {
  const file = await oneBlock();
  // Its frame was damaged meanwhile.
  file.bytes.fill(0xee, layout.firstBlock, layout.firstBlock + 4096);
  const image = await InPlaceImage.open(name, file);
  await image.begin();
  expect(image.withoutSlot(30, 4 * grainSize)).toEqual([1]);
  await image.moveSlot(0, 1);
  expect([image.hasSlot(0), image.hasSlot(1), image.isDense]).toEqual([false, true, true]);
  expect([0, 32].map((grain) => image.mayHoldBytes(grain))).toEqual([false, false]);
  const grain = new Uint8Array(grainSize).fill(2);
  await image.write(33, grain);
  await closed(image);
  expect(file.bytes).toHaveLength(fileSize(layout, 1));
  const vhd = await readVhd(readerOf(file), file.bytes.length);
  expect(vhd.problems).toEqual([]);
  const wanted = new Uint8Array(diskSize);
  wanted.set(grain, 33 * grainSize);
  expect(Buffer.compare(await openVhdReader(readerOf(file), vhd).read(0, diskSize), wanted)).toBe(0);
});

test('a slot goes only from a block that has one to a block that has none', async () => {
  const image = await InPlaceImage.open(name, await oneBlock());
  await expect(image.moveSlot(1, 2)).rejects.toThrow(RangeError);
  await expect(image.moveSlot(0, 0)).rejects.toThrow(RangeError);
  expect(image.hasSlot(0)).toBe(true);
});
