import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import fc from 'fast-check';
import {
  differencingBitmap,
  differencingUnit,
  encodeDifferencingRegion,
  openVhdReader,
  planDifferencing,
  readVhd,
  slotBitmapOffset,
  slotDataOffset,
  vhdBlockSize,
  vhdMaximumSize,
} from '../src/index.js';
import { identity, makeDifferencing, makeVhd, noise, parentNamed, readPieces, type Piece } from './make-vhd.js';

const diskSize = 7 * 1024 * 1024 + 512;
const childIdentity = { ...identity, uuid: noise(4, 16) };
const base = makeVhd(diskSize, [[0, noise(1, vhdBlockSize)]]);
const parentVhd = await readVhd(readPieces(base.pieces), base.size);
const parent = { vhd: parentVhd, reader: openVhdReader(readPieces(base.pieces), parentVhd) };

test('where everything lies follows from what differs, and payloads are aligned', () => {
  const extents = fc.array(
    fc
      .tuple(fc.nat(diskSize), fc.nat(3 * 4096))
      .map(([start, length]) => ({ start, end: Math.min(start + length, diskSize) })),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(extents, (list) => {
      const own = ExtentSet.from(list);
      const plan = planDifferencing(diskSize, own);
      expect(own.subtract(plan.own).isEmpty).toBe(true);
      for (const [slot, block] of plan.blocks.entries()) {
        expect(slotDataOffset(plan.layout, slot) % 4096).toBe(0);
        expect((plan.table[block] ?? 0) * 512).toBe(slotBitmapOffset(plan.layout, slot));
        const bitmap = differencingBitmap(plan, block);
        const wrong = bitmap.findIndex((byte, group) => {
          const start = block * vhdBlockSize + group * differencingUnit;
          return byte !== (own.touches(start, start + differencingUnit) ? 0xff : 0);
        });
        expect(wrong).toBe(-1);
      }
      expect(plan.table.filter((entry) => entry !== 0xffff_ffff)).toHaveLength(plan.blocks.length);
    }),
  );
});

test('the header region is as Windows makes it', () => {
  const plan = planDifferencing(100 * 1024 * 1024, ExtentSet.of({ start: 0, end: 1 }));
  const bytes = encodeDifferencingRegion(plan, childIdentity, parentNamed('old.vhd', identity));
  const hex = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString('hex');
  expect(plan.layout).toMatchObject({ tableOffset: 8192, firstBlock: 77824 });
  expect(plan.table[0]).toBe(0x9f);
  expect(hex(60, 64)).toBe('00000004');
  expect(hex(512 + 40, 512 + 60)).toBe(`${Buffer.from(identity.uuid).toString('hex')}3295dc10`);
  expect(hex(512 + 64, 512 + 80)).toBe('006f006c0064002e0076006800640000');
  expect(hex(512 + 576, 512 + 624)).toBe(
    ['57326b75', '00001000', '00000022', '00000000', '0000000000001000'].join('') +
      ['57327275', '00010000', '00000012', '00000000', '0000000000003000'].join(''),
  );
  expect(Buffer.from(bytes.subarray(4096, 4096 + 34)).toString('utf16le')).toBe(String.raw`C:\images\old.vhd`);
  expect(Buffer.from(bytes.subarray(12288, 12288 + 18)).toString('utf16le')).toBe(String.raw`.\old.vhd`);
  expect(planDifferencing(vhdMaximumSize, ExtentSet.empty).layout.firstBlock % 4096).toBe(0);
});

test('what is planned and written is read back, with the parent where the file has nothing', async () => {
  const disk = Buffer.from(await parent.reader.read(0, diskSize));
  const own = ExtentSet.of({ start: 100, end: 5000 }, { start: diskSize - 512, end: diskSize });
  disk.set(noise(8, 4900), 100);
  disk.set(noise(9, 512), diskSize - 512);
  const made = makeDifferencing(diskSize, own, childIdentity, parentNamed('old.vhd', identity), disk);
  const vhd = await readVhd(readPieces(made.pieces), made.size);
  expect(vhd).toMatchObject({
    type: 'differencing',
    identity: childIdentity,
    layout: undefined,
    problems: [],
    parentLocator: {
      uuid: identity.uuid,
      modifiedAt: new Date('2026-11-22T17:00:00Z'),
      name: 'old.vhd',
      paths: [
        { platform: 'W2ku', path: String.raw`C:\images\old.vhd` },
        { platform: 'W2ru', path: String.raw`.\old.vhd` },
      ],
    },
  });
  const reader = openVhdReader(readPieces(made.pieces), vhd, parent);
  expect(disk.equals(await reader.read(0, diskSize))).toBe(true);
  expect(disk.subarray(4095, 8300).equals(await reader.read(4095, 4205))).toBe(true);
  expect(() => openVhdReader(readPieces(made.pieces), vhd)).toThrow(RangeError);
  const stranger = { ...parent, vhd: { ...parentVhd, identity: childIdentity } };
  expect(() => openVhdReader(readPieces(made.pieces), vhd, stranger)).toThrow('not the parent');
  const small = { ...parent, vhd: { ...parentVhd, diskSize: 9000 } };
  const bytes = await openVhdReader(readPieces(made.pieces), vhd, small).read(8192, 2000);
  expect(Buffer.compare(bytes, Buffer.concat([disk.subarray(8192, 9000), Buffer.alloc(1192)]))).toBe(0);
});

test('single sectors of other programs are mixed with the parent, in at most three reads for a block', async () => {
  const own = ExtentSet.of({ start: 0, end: vhdBlockSize });
  const disk = noise(30, vhdBlockSize);
  const made = makeDifferencing(diskSize, own, childIdentity, parentNamed('old.vhd', identity), disk);
  const bitmap = new Uint8Array(512).fill(0b0101_0000);
  const pieces: Piece[] = [...made.pieces, { offset: 0x9f * 512, bytes: bitmap }];
  const vhd = await readVhd(readPieces(pieces), made.size);
  const expected = noise(1, vhdBlockSize);
  for (let sector = 0; sector < 4096; sector += 8) {
    for (const at of [sector + 1, sector + 3]) expected.set(disk.subarray(at * 512, at * 512 + 512), at * 512);
  }
  let reads = 0;
  const counted = (offset: number, length: number) => {
    reads += 1;
    return readPieces(pieces)(offset, length);
  };
  const asked = {
    vhd: parentVhd,
    reader: { read: (offset: number, length: number) => ((reads += 1), parent.reader.read(offset, length)) },
  };
  const bytes = await openVhdReader(counted, vhd, asked).read(300, vhdBlockSize - 300);
  expect(Buffer.compare(bytes, expected.subarray(300))).toBe(0);
  expect(reads).toBe(3);
});

test('old kinds of paths are read, and broken ones left out', async () => {
  const made = makeDifferencing(
    diskSize,
    ExtentSet.empty,
    childIdentity,
    parentNamed('old.vhd', identity),
    new Uint8Array(),
  );
  const header = Buffer.from(await readPieces(made.pieces)(512, 1024));
  const locators: readonly [string, number, number][] = [
    ['Wi2r', 7, 600],
    ['MacX', 9, 700],
    ['W2ku', 20, made.size],
    ['W2ru', 70_000, 4096],
    ['Mac ', 10, 800],
  ];
  header.fill(0, 576, 576 + 8 * 24);
  locators.forEach(([platform, length, offset], index) => {
    header.write(platform, 576 + index * 24, 'latin1');
    header.writeUInt32BE(length, 576 + index * 24 + 8);
    header.writeBigUInt64BE(BigInt(2048 + offset), 576 + index * 24 + 16);
  });
  header.writeUInt32BE(0, 36);
  header.writeUInt32BE(~header.reduce((sum, byte) => sum + byte, 0) >>> 0, 36);
  const pieces = [
    ...made.pieces,
    { offset: 512, bytes: header },
    { offset: 2648, bytes: Buffer.from('old.vhd') },
    { offset: 2748, bytes: Buffer.from('file:/\u00e4\0') },
  ];
  const vhd = await readVhd(readPieces(pieces), made.size);
  expect(vhd.parentLocator?.paths).toEqual([
    { platform: 'Wi2r', path: 'old.vhd' },
    { platform: 'MacX', path: 'file:/ä' },
  ]);
  expect(vhd.problems).toEqual([expect.stringContaining('W2ku'), expect.stringContaining('W2ru')]);
});

test('refuses what the format cannot say', () => {
  const plan = planDifferencing(512, ExtentSet.empty);
  const reference = parentNamed('old.vhd', identity);
  for (const wrong of [
    { uuid: new Uint8Array(15) },
    { name: '' },
    { name: 'x'.repeat(256) },
    { absolutePath: 'x'.repeat(2049) },
    { relativePath: 'x'.repeat(32769) },
    { modifiedAt: new Date('1999-01-01') },
  ]) {
    expect(() => encodeDifferencingRegion(plan, identity, { ...reference, ...wrong })).toThrow(RangeError);
  }
  expect(() => planDifferencing(512, ExtentSet.of({ start: 0, end: 513 }))).toThrow(RangeError);
  expect(() => planDifferencing(511, ExtentSet.empty)).toThrow(RangeError);
});
