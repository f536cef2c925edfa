import { expect, test } from '@jest/globals';
import { type DiskBytes, diskOf, writeMbr } from '@sysimage/fixtures';
import { readPartitionTable } from '../src/index.js';

const blank = (sectors = 4096) => diskOf(new Uint8Array(sectors * 512));
const tableOf = ({ read, bytes }: DiskBytes, sectorSize = 512) =>
  readPartitionTable(read, { size: bytes.length, sectorSize });
const codes = (table: { problems: readonly { code: string }[] }) => table.problems.map(({ code }) => code);

test('a blank disk and a disk smaller than a sector have no table', async () => {
  expect(await tableOf(blank())).toMatchObject({ scheme: 'none', partitions: [], problems: [], id: undefined });
  expect((await tableOf(diskOf(new Uint8Array(100)))).scheme).toBe('none');
});

test('primary partitions keep their slot as index', async () => {
  const made = blank();
  writeMbr(made, 0, [
    { type: 7, start: 8, count: 100, active: true },
    undefined,
    { type: 0x83, start: 200, count: 50 },
  ]);
  made.view.setUint32(440, 0x00c0ffee, true);
  const table = await tableOf(made);
  expect(table).toMatchObject({ scheme: 'mbr', id: '00c0ffee', problems: [] });
  expect(table.partitions).toMatchObject([
    { index: 1, start: 4096, size: 51200, type: '07', typeName: 'NTFS or exFAT', active: true, kind: 'primary' },
    { index: 3, start: 102400, size: 25600, type: '83', typeName: 'Linux filesystem', active: false },
  ]);
  expect([...table.extents]).toEqual([{ start: 0, end: 512 }]);
});

test('logical partitions are numbered from 5 along the chain', async () => {
  const made = blank();
  writeMbr(made, 0, [{ type: 0x0f, start: 100, count: 1000 }]);
  writeMbr(made, 100, [
    { type: 0x83, start: 2, count: 10 },
    { type: 5, start: 50, count: 60 },
  ]);
  // An empty link of the chain takes no number.
  writeMbr(made, 150, [undefined, { type: 5, start: 80, count: 60 }]);
  writeMbr(made, 180, [{ type: 7, start: 1, count: 20 }]);
  const table = await tableOf(made);
  expect(table.problems).toEqual([]);
  expect(table.partitions.map(({ index, kind, start }) => [index, kind, start / 512])).toEqual([
    [1, 'extended', 100],
    [5, 'logical', 102],
    [6, 'logical', 181],
  ]);
  expect([...table.extents].map(({ start }) => start / 512)).toEqual([0, 100, 150, 180]);
});

test('a chain that circles, leaves the disk or breaks off is a problem, not a hang', async () => {
  for (const [link, message] of [
    [0, 'circle'],
    [4000, 'beyond the end'],
    [70, 'no extended boot record'],
  ] as const) {
    const made = blank();
    writeMbr(made, 0, [{ type: 5, start: 100, count: 1000 }]);
    writeMbr(made, 100, [
      { type: 0x83, start: 2, count: 10 },
      { type: 5, start: 50, count: 1 },
    ]);
    writeMbr(made, 150, [
      { type: 0x83, start: 2, count: 10 },
      { type: 5, start: link, count: 1 },
    ]);
    const table = await tableOf(made);
    expect(table.problems).toMatchObject([{ code: 'ebr-broken', message: expect.stringContaining(message) }]);
    expect(table.partitions).toHaveLength(3);
  }
});

test('overlaps and ends beyond the disk are reported', async () => {
  const made = blank(1000);
  writeMbr(made, 0, [
    { type: 0x83, start: 10, count: 500 },
    { type: 0x83, start: 20, count: 5 },
    { type: 0x83, start: 30, count: 5 },
    { type: 0x83, start: 900, count: 101 },
  ]);
  const table = await tableOf(made);
  expect(codes(table)).toEqual(['partition-beyond-end', 'partitions-overlap', 'partitions-overlap']);
  expect(table.partitions).toHaveLength(4);
});

test('the boot sector of a file system on the whole disk is no table', async () => {
  for (const name of ['NTFS    ', 'EXFAT   ', '-FVE-FS-']) {
    const made = blank();
    writeMbr(made, 0, []);
    made.bytes.set(new TextEncoder().encode(name), 3);
    made.bytes.fill(0x41, 300, 446);
    expect((await tableOf(made)).scheme).toBe('none');
  }
});

test('a FAT boot sector is no table, unless a real table was written over it', async () => {
  const made = blank();
  made.bytes.set([0xeb, 0x3c, 0x90], 0);
  made.view.setUint16(11, 512, true);
  made.bytes.set([4, 1, 0, 2], 13);
  made.view.setUint16(19, 4096, true);
  made.bytes[21] = 0xf8;
  made.view.setUint16(22, 8, true);
  writeMbr(made, 0, []);
  expect((await tableOf(made)).scheme).toBe('none');
  writeMbr(made, 0, [{ type: 0xe, start: 0, count: 4096 }]);
  expect((await tableOf(made)).scheme).toBe('none');
  writeMbr(made, 0, [{ type: 0xe, start: 64, count: 4000 }]);
  expect((await tableOf(made)).partitions).toHaveLength(1);
});

test('boot code in place of entries is no table', async () => {
  const made = blank();
  writeMbr(made, 0, [{ type: 7, start: 8, count: 100 }]);
  made.bytes[446 + 16] = 0x33;
  expect((await tableOf(made)).scheme).toBe('none');
});

test('entries count in the sectors of the disk', async () => {
  const made = blank();
  writeMbr(made, 0, [{ type: 7, start: 8, count: 100 }]);
  expect((await tableOf(made, 4096)).partitions).toMatchObject([{ start: 32768, size: 409600 }]);
});

test('a shape that makes no sense is refused', async () => {
  const { read } = blank();
  await expect(readPartitionTable(read, { size: 4096, sectorSize: 7 })).rejects.toMatchObject({ code: 'unsupported' });
  await expect(readPartitionTable(read, { size: -1, sectorSize: 512 })).rejects.toMatchObject({ code: 'unsupported' });
});
