import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { openVhdxReader, readVhdx, type VhdxDisk } from '../src/index.js';
import { inScratch, judgeByLibvhdi, judgeBySevenZip, reading, writePieces } from './judges.js';
import { makeDifferencing } from './make-differencing.js';
import { identity, makeVhdx, noise } from './make-vhdx.js';

const mebi = 1024 * 1024;
const block = 2 * mebi;

/** Blocks that a file has itself, and what the disk is then. */
test.each([
  ['512', 512, [0, 1, 2, 7, 8, 9, 4095]],
  ['4096', 4096, [0, 1, 2, 7, 8, 9, 511]],
] as const)(
  'other programs and we read a differencing file the same: sectors of %s',
  async (_, sectorSize, sectors) => {
    await inScratch(async (folder) => {
      const paths = ['parent.vhdx', 'child.vhdx', 'disk.img'].map((name) => join(folder, name));
      const [parentPath = '', childPath = '', raw = ''] = paths;
      const disk: VhdxDisk = { size: 40 * mebi, sectorSize };
      const old: [number, Uint8Array][] = [0, 3, 5, 19].map((number) => [number, noise(number + 1, block)]);
      const parent = makeVhdx(disk, old);
      const own = [
        { block: 3, payload: noise(100, block), sectors },
        { block: 4, payload: noise(101, block), sectors },
        { block: 19, payload: noise(102, block), sectors: undefined },
      ];
      const child = makeDifferencing(disk, own, identity.dataWriteId, 'parent.vhdx', noise(9, 16));
      await writePieces(parentPath, parent.pieces, parent.size);
      await writePieces(childPath, child.pieces, child.size);
      const image = old.map(([number, bytes]) => ({ offset: number * block, bytes }));
      for (const { block: number, payload, sectors: some } of own) {
        if (some === undefined) image.push({ offset: number * block, bytes: payload });
        for (const sector of some ?? []) {
          const bytes = payload.subarray(sector * sectorSize, (sector + 1) * sectorSize);
          image.push({ offset: number * block + sector * sectorSize, bytes });
        }
      }
      await writePieces(raw, image, disk.size);
      await reading(raw, (readRaw) =>
        reading(parentPath, (readParent, parentSize) =>
          reading(childPath, async (readChild, childSize) => {
            const vhdx = await readVhdx(readParent, parentSize);
            const reader = openVhdxReader(readParent, vhdx);
            const found = await readVhdx(readChild, childSize);
            expect(found).toMatchObject({
              type: 'differencing',
              layout: undefined,
              problems: [],
              parentLocator: { relativePath: String.raw`.\parent.vhdx`, parentId: identity.dataWriteId },
            });
            const bytes = await openVhdxReader(readChild, found, { vhdx, reader }).read(0, disk.size);
            expect(Buffer.compare(bytes, await readRaw(0, disk.size))).toBe(0);
          }),
        ),
      );
      await judgeBySevenZip(childPath, raw);
      await judgeByLibvhdi(childPath, raw, 2);
    });
  },
  120_000,
);
