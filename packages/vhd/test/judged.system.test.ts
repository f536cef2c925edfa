import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import {
  allocatedExtents,
  encodeFooter,
  fixedFileSize,
  openVhdReader,
  readVhd,
  slotDataOffset,
  vhdBlockSize,
  vhdLayout,
  vhdMaximumSize,
} from '../src/index.js';
import { inScratch, judgeByLibvhdi, judgeByQemu, judgeBySevenZip, reading, run, writePieces } from './judges.js';
import { identity, makeVhd, noise } from './make-vhd.js';

const mebi = 1024 * 1024;
const gibi = 1024 * mebi;

/** Size of the disk, its allocated blocks, and the slot of each. */
const cases: readonly (readonly [string, number, readonly number[], readonly number[]])[] = [
  ['one sector', 512, [0], [0]],
  ['one sector, nothing allocated', 512, [], []],
  ['one block', 2 * mebi, [0], [0]],
  ['a block and a sector', 2 * mebi + 512, [0, 1], [1, 0]],
  ['a block and a sector, only the sector', 2 * mebi + 512, [1], [0]],
  ['an odd number of sectors', 5 * mebi + 3 * 512, [2, 0], [0, 1]],
  ['100 MiB, slots in any order', 100 * mebi, [0, 1, 17, 18, 49], [4, 0, 3, 1, 2]],
  ['100 MiB, with free slots between', 100 * mebi, [3, 30], [5, 2]],
  ['3 GiB, mostly nothing', 3 * gibi, [1535, 0, 700], [0, 1, 2]],
];

test.each(cases)(
  'three programs and we read the same: %s',
  async (_, diskSize, blocks, slots) => {
    await inScratch(async (folder) => {
      const [vhdPath, raw] = [join(folder, 'disk.vhd'), join(folder, 'disk.img')];
      const payloads = blocks.map((block): [number, Uint8Array] => {
        // What lies behind the end of the disk must not show.
        return [block, noise(block + 1, vhdBlockSize)];
      });
      const { pieces, size } = makeVhd(diskSize, payloads, slots);
      await writePieces(vhdPath, pieces, size);
      const disk = payloads.map(([block, bytes]) => ({ offset: block * vhdBlockSize, bytes }));
      await writePieces(raw, disk, diskSize);

      await judgeByQemu(vhdPath, raw);
      await judgeBySevenZip(vhdPath, raw);
      await judgeByLibvhdi(vhdPath, raw);
      await judgeByUs(vhdPath, raw);
    });
  },
  120_000,
);

/** Compares all of a small disk, or the allocated blocks of a large one. */
async function judgeByUs(vhdPath: string, raw: string): Promise<void> {
  await reading(raw, (readRaw, rawSize) =>
    reading(vhdPath, async (read, size) => {
      const vhd = await readVhd(read, size);
      expect(vhd.diskSize).toBe(rawSize);
      const reader = openVhdReader(read, vhd);
      const runs = rawSize < gibi ? [{ start: 0, end: rawSize }] : allocatedExtents(vhd);
      for (const { start, end } of runs) {
        const [ours, theirs] = [await reader.read(start, end - start), await readRaw(start, end - start)];
        expect(Buffer.compare(ours, theirs)).toBe(0);
      }
    }),
  );
}

test.each([
  ['one sector', 512],
  ['an odd number of sectors', 3 * mebi + 512],
  ['100 MiB', 100 * mebi],
])('three programs and we read the same from a fixed file: %s', async (_, diskSize) => {
  await inScratch(async (folder) => {
    const [vhdPath, raw] = [join(folder, 'disk.vhd'), join(folder, 'disk.img')];
    const disk = { offset: 0, bytes: noise(5, Math.min(diskSize, mebi)) };
    const footer = { offset: diskSize, bytes: encodeFooter(diskSize, identity, 'fixed') };
    await writePieces(vhdPath, [disk, footer], fixedFileSize(diskSize));
    await writePieces(raw, [disk], diskSize);
    await judgeByQemu(vhdPath, raw);
    await judgeBySevenZip(vhdPath, raw);
    await judgeByLibvhdi(vhdPath, raw);
    await judgeByUs(vhdPath, raw);
    expect(await reading(vhdPath, readVhd)).toMatchObject({ type: 'fixed', identity, creator: 'sysi', problems: [] });
  });
});

test('QEMU finds each block where we put it', async () => {
  await inScratch(async (folder) => {
    const path = join(folder, 'disk.vhd');
    const { pieces, size } = makeVhd(
      100 * mebi,
      [
        [7, noise(1, vhdBlockSize)],
        [20, noise(2, vhdBlockSize)],
      ],
      [1, 0],
    );
    await writePieces(path, pieces, size);
    const map: unknown = JSON.parse(await run('qemu-img', 'map', '-f', 'vpc', '--output=json', path));
    const layout = vhdLayout(100 * mebi);
    const found = Array.isArray(map) ? map.filter((part: { data?: boolean }) => part.data === true) : [];
    expect(found).toEqual([
      expect.objectContaining({ start: 7 * vhdBlockSize, length: vhdBlockSize, offset: slotDataOffset(layout, 1) }),
      expect.objectContaining({ start: 20 * vhdBlockSize, length: vhdBlockSize, offset: slotDataOffset(layout, 0) }),
    ]);
  });
});

test('QEMU knows the size of the largest disk', async () => {
  await inScratch(async (folder) => {
    const path = join(folder, 'disk.vhd');
    const { pieces, size } = makeVhd(vhdMaximumSize, []);
    await writePieces(path, pieces, size);
    const info: unknown = JSON.parse(await run('qemu-img', 'info', '-f', 'vpc', '--output=json', path));
    expect(info).toMatchObject({ 'virtual-size': vhdMaximumSize });
    expect((await reading(path, readVhd)).layout).toEqual(vhdLayout(vhdMaximumSize));
  });
});

test.each([
  ['dynamic', 'off', 'qemu'],
  ['dynamic', 'on', 'qem2'],
  ['fixed', 'off', 'qemu'],
  ['fixed', 'on', 'qem2'],
])(
  'we read what QEMU writes: subformat=%s, force_size=%s',
  async (subformat, forceSize, creator) => {
    await inScratch(async (folder) => {
      const [raw, vhdPath] = [join(folder, 'disk.img'), join(folder, 'disk.vhd')];
      const diskSize = 37 * mebi + 1024;
      const disk = [0, 9 * mebi, 30 * mebi + 7 * 512].map((offset) => ({ offset, bytes: noise(offset + 1, 3 * mebi) }));
      await writePieces(raw, disk, diskSize);
      const options = `subformat=${subformat},force_size=${forceSize}`;
      await run('qemu-img', 'convert', '-f', 'raw', '-O', 'vpc', '-o', options, raw, vhdPath);
      await reading(vhdPath, async (read, size) => {
        const vhd = await readVhd(read, size);
        expect(vhd).toMatchObject({ type: subformat, creator, layout: undefined, problems: [] });
        const bytes = await openVhdReader(read, vhd).read(0, vhd.diskSize);
        const expected = await reading(raw, (readRaw) => readRaw(0, diskSize));
        expect(Buffer.compare(bytes.subarray(0, diskSize), expected)).toBe(0);
        expect(bytes.subarray(diskSize).every((byte) => byte === 0)).toBe(true);
        // Without force_size QEMU rounds up to a whole geometry.
        if (forceSize === 'on') expect(vhd.diskSize).toBe(diskSize);
        else expect(vhd.diskSize).toBeGreaterThan(diskSize);
      });
    });
  },
  60_000,
);

test('QEMU reads a file whose footer is broken by its copy, as we do', async () => {
  await inScratch(async (folder) => {
    const [vhdPath, raw] = [join(folder, 'disk.vhd'), join(folder, 'disk.img')];
    const { pieces, size } = makeVhd(5 * mebi, [[1, noise(4, vhdBlockSize)]]);
    await writePieces(vhdPath, [...pieces, { offset: size - 512, bytes: new Uint8Array(512) }], size);
    await writePieces(raw, [{ offset: vhdBlockSize, bytes: noise(4, vhdBlockSize) }], 5 * mebi);
    await judgeByQemu(vhdPath, raw);
    await judgeByUs(vhdPath, raw);
  });
});
