import { expect, test } from '@jest/globals';
import { crc32, FormatError } from '@sysimage/bytes';
import { diskOf, type DiskBytes, gptDisk, seal, writeMbr } from '@sysimage/fixtures';
import { moveBackupGpt, readPartitionTable } from '../src/index.js';

const sectors = 4096;
const two = [
  { first: 64, last: 127, name: 'root' },
  { first: 2048, last: 4000 },
];
const tableOf = ({ read, bytes }: DiskBytes, sectorSize = 512) =>
  readPartitionTable(read, { size: bytes.length, sectorSize });
const codes = async (made: DiskBytes) => (await tableOf(made)).problems.map(({ code }) => code);

test('reads both copies and says what they hold', async () => {
  const table = await tableOf(gptDisk(sectors, two));
  expect(table).toMatchObject({ scheme: 'gpt', id: 'D1D1D1D1-D1D1-D1D1-D1D1-D1D1D1D1D1D1', problems: [] });
  expect(table.partitions).toMatchObject([
    {
      index: 1,
      start: 64 * 512,
      size: 64 * 512,
      type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
      typeName: 'Linux filesystem',
      id: '01010101-0101-0101-0101-010101010101',
      name: 'root',
      attributes: '0000000000000000',
      kind: 'primary',
    },
    { index: 2, name: undefined },
  ]);
  expect([...table.extents]).toEqual([
    { start: 0, end: 34 * 512 },
    { start: (sectors - 33) * 512, end: sectors * 512 },
  ]);
});

test('a GUID of zeros identifies no disk', async () => {
  const made = gptDisk(sectors, two);
  for (const header of [1, sectors - 1]) {
    made.bytes.fill(0, header * 512 + 56, header * 512 + 72);
    seal(made, header, 512);
  }
  expect(await tableOf(made)).toMatchObject({ scheme: 'gpt', id: undefined, problems: [] });
});

test('sectors of 4096 bytes; the wrong sector size is told', async () => {
  const made = gptDisk(600, [{ first: 64, last: 127 }], 4096);
  expect((await tableOf(made, 4096)).partitions).toMatchObject([{ start: 64 * 4096, size: 64 * 4096 }]);
  await expect(tableOf(made)).rejects.toMatchObject({
    code: 'corrupt',
    message: expect.stringContaining('header for sectors of 4096 bytes'),
  });
});

test('one broken copy: the other is used, and the problem says which', async () => {
  for (const [offset, code] of [
    [512 + 60, 'gpt-primary-broken'],
    [1024 + 3, 'gpt-primary-broken'],
    [(sectors - 1) * 512 + 60, 'gpt-backup-broken'],
    [(sectors - 33) * 512 + 3, 'gpt-backup-broken'],
  ] as const) {
    const made = gptDisk(sectors, two);
    made.bytes[offset] = (made.bytes[offset] ?? 0) ^ 1;
    const table = await tableOf(made);
    expect(table.problems.map((problem) => problem.code)).toEqual([code]);
    expect(table.partitions).toHaveLength(2);
    expect(table.extents.equals((await tableOf(gptDisk(sectors, two))).extents)).toBe(true);
  }
});

test('a header that belongs elsewhere is broken', async () => {
  const made = gptDisk(sectors, two);
  made.bytes.copyWithin(512, (sectors - 1) * 512, sectors * 512);
  expect((await tableOf(made)).problems).toMatchObject([
    { code: 'gpt-primary-broken', message: expect.stringContaining(`says it is at sector ${sectors - 1}`) },
  ]);
});

test('both copies broken is corrupt', async () => {
  const made = gptDisk(sectors, two);
  made.bytes.fill(0, 512, 1024);
  made.bytes.fill(0, (sectors - 1) * 512);
  await expect(tableOf(made)).rejects.toMatchObject({
    code: 'corrupt',
    message: expect.stringContaining('both copies'),
  });
});

test('copies that differ, a backup that is not at the end, a hybrid MBR', async () => {
  const differ = gptDisk(sectors, two);
  differ.bytes[(sectors - 33) * 512 + 40] = 1;
  seal(differ, sectors - 1);
  expect(await codes(differ)).toEqual(['gpt-copies-differ']);

  const grown = diskOf(new Uint8Array((sectors + 100) * 512));
  grown.bytes.set(gptDisk(sectors, two).bytes);
  expect(await codes(grown)).toEqual(['gpt-backup-not-at-end']);
  grown.bytes[512 + 60] = 7;
  expect(await codes(grown)).toEqual(['gpt-primary-broken', 'gpt-backup-not-at-end']);

  const hybrid = gptDisk(sectors, two);
  writeMbr(hybrid, 0, [undefined, { type: 0x83, start: 64, count: 64 }]);
  expect(await codes(hybrid)).toEqual(['hybrid-mbr']);
});

test('partitions that make no sense', async () => {
  const made = gptDisk(sectors, [
    { first: 200, last: 100 },
    { first: 300, last: 400 },
    { first: 350, last: 450 },
    { first: 4000, last: 5000 },
  ]);
  expect(await codes(made)).toEqual([
    'partition-invalid',
    'partition-outside-usable',
    'partition-beyond-end',
    'partitions-overlap',
  ]);
});

test('caps on what a header may ask for', async () => {
  for (const [at, value] of [
    [80, 0xffffffff],
    [84, 0x80000000],
    [84, 100],
    [72, 1],
    [12, 0xffffffff],
  ] as const) {
    const made = gptDisk(sectors, two);
    made.view.setUint32(512 + at, value, true);
    if (at !== 12) {
      // A right CRC: the caps alone must hold.
      const view = made.view;
      view.setUint32(512 + 16, 0, true);
      view.setUint32(512 + 16, crc32(made.bytes.subarray(512, 604)), true);
    }
    expect(await codes(made)).toEqual(['gpt-primary-broken']);
  }
});

test('a valid GPT without the protective entry is a leftover', async () => {
  const made = gptDisk(sectors, two);
  made.bytes.fill(0, 446, 510);
  writeMbr(made, 0, [{ type: 0x83, start: 64, count: 64 }]);
  expect((await tableOf(made)).scheme).toBe('mbr');
});

test('errors of the reader pass through', async () => {
  const { read, bytes } = gptDisk(sectors, two);
  for (const error of [new TypeError('EIO'), new FormatError('corrupt', 'an image below')]) {
    for (const bad of [0, 512, 1024, bytes.length - 512]) {
      const failing = async (offset: number, length: number) => {
        if (offset === bad) throw error;
        return read(offset, length);
      };
      await expect(readPartitionTable(failing, { size: bytes.length, sectorSize: 512 })).rejects.toBe(error);
    }
  }
});

function apply(made: DiskBytes, writes: readonly { offset: number; bytes: Uint8Array }[], newSize: number): DiskBytes {
  const moved = diskOf(new Uint8Array(newSize));
  moved.bytes.set(made.bytes.subarray(0, newSize));
  for (const { offset, bytes } of writes) moved.bytes.set(bytes, offset);
  return moved;
}

test('moving the backup: same partitions, no problems, no trace of the old copy', async () => {
  for (const newSectors of [sectors, sectors + 1, sectors + 20, sectors * 3, 4034]) {
    for (const broken of [undefined, 512 + 60, (sectors - 1) * 512 + 60]) {
      const made = gptDisk(sectors, two);
      if (broken !== undefined) made.bytes[broken] = 7;
      const before = await tableOf(made);
      const writes = await moveBackupGpt(made.read, { size: made.bytes.length, sectorSize: 512 }, newSectors * 512);
      const moved = apply(made, writes, newSectors * 512);
      const table = await tableOf(moved);
      expect(table.problems).toEqual([]);
      expect(table.partitions).toEqual(before.partitions);
      expect(moved.view.getUint32(446 + 12, true)).toBe(newSectors - 1);
      if (broken === undefined && newSectors > sectors) {
        const old = moved.bytes.subarray(before.partitions[1]!.start + before.partitions[1]!.size, sectors * 512);
        for (const { start, end } of table.extents.within(0, sectors * 512)) {
          if (start >= old.byteOffset) old.fill(0, start - old.byteOffset, end - old.byteOffset);
        }
        expect(old.every((byte) => byte === 0)).toBe(true);
      }
    }
  }
});

test('moving a backup where partitions do not fit is refused, and nothing moves without a GPT', async () => {
  const made = gptDisk(sectors, two);
  const shape = { size: made.bytes.length, sectorSize: 512 };
  await expect(moveBackupGpt(made.read, shape, 4033 * 512)).rejects.toMatchObject({ code: 'unsupported' });
  expect(await moveBackupGpt(diskOf(new Uint8Array(8192)).read, { size: 8192, sectorSize: 512 }, 16384)).toEqual([]);
});
