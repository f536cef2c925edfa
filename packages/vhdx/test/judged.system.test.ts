import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { allocatedExtents, openVhdxReader, readVhdx, vhdxLayout, vhdxMaximumSize } from '../src/index.js';
import { inScratch, judgeByLibvhdi, judgeByQemu, judgeBySevenZip, reading, run, writePieces } from './judges.js';
import { encodeLogEntry, logPieces } from './make-log.js';
import { makeVhdx, noise } from './make-vhdx.js';

const mebi = 1024 * 1024;
const gibi = 1024 * mebi;
const tebi = 1024 * gibi;
const block = 2 * mebi;

/** Size and sectors of the disk, its allocated blocks, and the slot of each. */
const cases: readonly (readonly [string, number, 512 | 4096, readonly number[], readonly number[]])[] = [
  ['one sector', 512, 512, [0], [0]],
  ['one sector of 4096 bytes', 4096, 4096, [0], [0]],
  ['one sector, nothing allocated', 512, 512, [], []],
  ['one block', block, 512, [0], [0]],
  ['a block and a sector', block + 512, 512, [0, 1], [1, 0]],
  ['a block and a sector of 4096 bytes', block + 4096, 4096, [1], [0]],
  ['an odd number of sectors', 5 * mebi + 3 * 512, 512, [2, 0], [0, 1]],
  ['100 MiB, slots in any order', 100 * mebi, 512, [0, 1, 17, 18, 49], [4, 0, 3, 1, 2]],
  ['100 MiB in sectors of 4096 bytes', 100 * mebi, 4096, [0, 1, 17, 18, 49], [4, 0, 3, 1, 2]],
  ['100 MiB, with free slots between', 100 * mebi, 512, [3, 30], [5, 2]],
];

test.each(cases)(
  'other programs and we read the same: %s',
  async (_, size, sectorSize, blocks, slots) => {
    await inScratch(async (folder) => {
      const [vhdx, raw] = [join(folder, 'disk.vhdx'), join(folder, 'disk.img')];
      // What lies behind the end of the disk must not show.
      const payloads = blocks.map((number): [number, Uint8Array] => [number, noise(number + 1, block)]);
      const made = makeVhdx({ size, sectorSize }, payloads, slots);
      await writePieces(vhdx, made.pieces, made.size);
      const disk = payloads.map(([number, bytes]) => ({ offset: number * block, bytes }));
      await writePieces(raw, disk, size);

      // QEMU knows no sectors of 4096 bytes; 7-Zip refuses disks that end at no multiple of 8 KiB, or of 4 KiB.
      if (sectorSize === 512) await judgeByQemu(vhdx, raw);
      if (size % (sectorSize === 512 ? 4096 : 8192) === 0) await judgeBySevenZip(vhdx, raw);
      await judgeByLibvhdi(vhdx, raw);
      await judgeByUs(vhdx, raw);
    });
  },
  120_000,
);

/** Compares all of a disk that fits into memory. */
async function judgeByUs(vhdx: string, raw: string): Promise<void> {
  await reading(raw, (readRaw, rawSize) =>
    reading(vhdx, async (read, size) => {
      const found = await readVhdx(read, size);
      expect(found.diskSize).toBe(rawSize);
      const ours = await openVhdxReader(read, found).read(0, rawSize);
      expect(Buffer.compare(ours, await readRaw(0, rawSize))).toBe(0);
    }),
  );
}

test.each([
  ['3 TiB', 3 * tebi],
  ['4 TiB and a sector, with larger blocks', 4 * tebi + 512],
  ['64 TiB, the largest', vhdxMaximumSize],
])(
  'QEMU finds each block of a large disk where we put it: %s',
  async (_, size) => {
    await inScratch(async (folder) => {
      const path = join(folder, 'disk.vhdx');
      const layout = vhdxLayout({ size, sectorSize: 512 });
      const blocks = [0, 1, layout.chunkRatio - 1, layout.chunkRatio, layout.blockCount - 1];
      const made = makeVhdx(
        { size, sectorSize: 512 },
        blocks.map((number, index) => [number, new Uint8Array(4096).fill(index + 1)]),
        [3, 1, 0, 4, 2],
      );
      await writePieces(path, made.pieces, made.size);
      await run('qemu-img', 'check', '-f', 'vhdx', path);
      const information: unknown = JSON.parse(await run('qemu-img', 'info', '-f', 'vhdx', '--output=json', path));
      expect(information).toMatchObject({ 'virtual-size': size });
      const looks = blocks.map((number, index) => ['-c', `read -P ${index + 1} ${number * layout.blockSize} 512`]);
      await run('qemu-io', '-r', '-f', 'vhdx', ...looks.flat(), path);
      await reading(path, async (read, fileSize) => {
        const found = await readVhdx(read, fileSize);
        expect(found).toMatchObject({ layout, problems: [] });
        expect(allocatedExtents(found).size).toBe(
          4 * layout.blockSize + (size - (layout.blockCount - 1) * layout.blockSize),
        );
        const bytes = await openVhdxReader(read, found).read(layout.chunkRatio * layout.blockSize, 4096);
        expect(bytes).toEqual(new Uint8Array(4096).fill(4));
      });
    });
  },
  120_000,
);

test.each([
  ['dynamic', 'block_size=1M', 2 ** 20],
  ['dynamic', 'block_size=2M,log_size=4M', 2 ** 21],
  ['dynamic', 'block_size=16M', 2 ** 24],
  ['dynamic', 'block_size=256M', 2 ** 28],
  ['dynamic', 'block_state_zero=off,block_size=8M', 2 ** 23],
  ['fixed', 'block_size=1M', 2 ** 20],
  ['fixed', 'block_size=32M', 2 ** 25],
])(
  'we read what QEMU writes: subformat=%s,%s',
  async (subformat, options, blockSize) => {
    await inScratch(async (folder) => {
      const [raw, vhdx] = [join(folder, 'disk.img'), join(folder, 'disk.vhdx')];
      const size = 37 * mebi + 1024;
      const disk = [0, 9 * mebi, 30 * mebi + 7 * 512].map((offset) => ({ offset, bytes: noise(offset + 1, 3 * mebi) }));
      await writePieces(raw, disk, size);
      await run('qemu-img', 'convert', '-f', 'raw', '-O', 'vhdx', '-o', `subformat=${subformat},${options}`, raw, vhdx);
      await reading(vhdx, async (read, fileSize) => {
        const found = await readVhdx(read, fileSize);
        expect(found).toMatchObject({ blockSize, sectorSize: 512, layout: undefined, problems: [] });
        expect(found.type).toBe(subformat);
        expect(found.creator).toMatch(/^QEMU/u);
      });
      await judgeByUs(vhdx, raw);
    });
  },
  60_000,
);

test('QEMU changes a file of ours, and we read what it wrote', async () => {
  await inScratch(async (folder) => {
    const [vhdx, raw] = [join(folder, 'disk.vhdx'), join(folder, 'disk.img')];
    const made = makeVhdx({ size: 30 * mebi, sectorSize: 512 }, [[1, noise(4, block)]]);
    await writePieces(vhdx, made.pieces, made.size);
    await writePieces(raw, [{ offset: block, bytes: noise(4, block) }], 30 * mebi);
    for (const [format, path] of [
      ['vhdx', vhdx],
      ['raw', raw],
    ] as const) {
      await run('qemu-io', '-f', format, '-c', 'write -P 171 3M 5M', '-c', 'write -P 9 29M 1M', path);
    }
    await judgeByQemu(vhdx, raw);
    await judgeByUs(vhdx, raw);
  });
});

test('QEMU replays a log as we do', async () => {
  await inScratch(async (folder) => {
    const [vhdx, raw] = [join(folder, 'disk.vhdx'), join(folder, 'disk.img')];
    const made = makeVhdx({ size: 10 * mebi, sectorSize: 512 }, [[0, noise(4, block)]]);
    const grown = made.size + block;
    const table = Buffer.alloc(4096);
    table.writeBigUInt64LE(0x0040_0006n, 0);
    table.writeBigUInt64LE((BigInt(made.size / mebi) << 20n) | 6n, 16);
    const at = 16384; // QEMU forgets the entries before the end of the ring when a run goes around it
    const first = { changes: [{ at: 3 * mebi, bytes: table }], fileSize: grown };
    const second = {
      changes: [
        { at: 4 * mebi + 8192, bytes: noise(21, 4096) },
        { at: 4 * mebi + 65536, zeros: 65536 },
        { at: made.size + 4096, bytes: noise(22, 4096) },
      ],
      fileSize: grown,
    };
    const log = logPieces([
      [at, encodeLogEntry({ sequenceNumber: 2 ** 32 + 7, tail: at, ...first })],
      [at + 8192, encodeLogEntry({ sequenceNumber: 2 ** 32 + 8, tail: at, ...second })],
    ]);
    await writePieces(vhdx, [...made.pieces, ...log], grown);
    const old = [
      { offset: 0, bytes: noise(4, block) },
      { offset: 8192, bytes: noise(21, 4096) },
      { offset: 65536, bytes: new Uint8Array(65536) },
      { offset: 2 * block + 4096, bytes: noise(22, 4096) },
    ];
    await writePieces(raw, old, 10 * mebi);
    await judgeByUs(vhdx, raw);
    await run('qemu-io', '-f', 'vhdx', '-c', 'read 0 512', vhdx);
    await judgeByQemu(vhdx, raw);
    const found = await reading(vhdx, readVhdx);
    expect(found).toMatchObject({ replay: undefined, problems: [] });
    await judgeByUs(vhdx, raw);
  });
});
