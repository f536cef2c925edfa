import { expect, test } from '@jest/globals';
import {
  diskOf,
  type DiskBytes,
  dynamicIds,
  gptDisk,
  seal,
  sealDynamicHeader,
  writeDynamicHeader,
  writeMbr,
} from '@sysimage/fixtures';
import { isDynamicDisk, readDynamicDisk, readPartitionTable } from '../src/index.js';

const sectors = 8192;
const places = { dataStart: 63, dataSize: 6000, databaseStart: sectors - 2048, databaseSize: 2048 };
const copies = [6 * 512, (sectors - 2048 + 1856) * 512, (sectors - 1) * 512] as const;

function mbrDisk(): DiskBytes {
  const made = diskOf(new Uint8Array(sectors * 512));
  writeMbr(made, 0, [{ type: 0x42, start: 63, count: sectors - 63 }]);
  for (const at of copies) writeDynamicHeader(made, at, places);
  return made;
}

const metadata = [0xaa, 0xc8, 0x08, 0x58, 0x8f, 0x7e, 0xe0, 0x42, 0x85, 0xd2, 0xe1, 0xe9, 0x04, 0x34, 0xcf, 0xb3];

function gptDynamic(sectorSize: number): DiskBytes {
  const made = gptDisk(sectors, [{ first: 64, last: 2111 }], sectorSize);
  for (const array of [2, sectors - 1 - (128 * 128) / sectorSize]) made.bytes.set(metadata, array * sectorSize);
  for (const header of [1, sectors - 1]) seal(made, header, sectorSize);
  return made;
}

const tableOf = ({ read, bytes }: DiskBytes, sectorSize = 512) =>
  readPartitionTable(read, { size: bytes.length, sectorSize });
const headerOf = async (made: DiskBytes, sectorSize = 512) =>
  readDynamicDisk(made.read, await tableOf(made, sectorSize));

test('an MBR disk of type 42 is dynamic, and says of which group', async () => {
  const made = mbrDisk();
  expect(isDynamicDisk(await tableOf(made))).toBe(true);
  expect(await headerOf(made)).toEqual({
    diskId: dynamicIds.disk,
    groupId: dynamicIds.group,
    groupName: 'SERVER-Dg0',
    data: { start: 63 * 512, end: 6063 * 512 },
    database: { start: (sectors - 2048) * 512, end: sectors * 512 },
    problems: [],
  });
});

test.each([512, 4096])('a GPT disk has its header at the end of the metadata: sectors of %d', async (sectorSize) => {
  const made = gptDynamic(sectorSize);
  writeDynamicHeader(made, 2111 * sectorSize, { ...places, databaseStart: 64 });
  expect(isDynamicDisk(await tableOf(made, sectorSize))).toBe(true);
  expect(await headerOf(made, sectorSize)).toMatchObject({
    groupId: dynamicIds.group,
    database: { start: 64 * sectorSize, end: 2112 * sectorSize },
    problems: [],
  });
  made.bytes.fill(0, 2111 * sectorSize, 2112 * sectorSize);
  await expect(headerOf(made, sectorSize)).rejects.toMatchObject({ code: 'corrupt' });
  writeDynamicHeader(made, 64 * sectorSize + 1856 * 512, { ...places, databaseStart: 64 });
  expect((await headerOf(made, sectorSize))?.problems).toHaveLength(1);
});

test('a broken header is replaced by its copies, and said', async () => {
  const made = mbrDisk();
  made.bytes[copies[0] + 100] = 1;
  expect((await headerOf(made))?.problems).toEqual([expect.stringContaining('a copy is used')]);
  made.bytes[copies[1]] = 0;
  expect((await headerOf(made))?.diskId).toBe(dynamicIds.disk);
  made.bytes[copies[2] + 511] = 9;
  await expect(headerOf(made)).rejects.toMatchObject({ code: 'corrupt', offset: copies[0] + 8 });
});

test.each([
  ['the data behind the end', 0x123, 8192n],
  ['no database', 0x133, 0n],
  ['no safe integer', 0x11b, 2n ** 52n],
])('%s is corrupt', async (_, offset, value) => {
  const made = mbrDisk();
  for (const at of copies) {
    made.view.setBigUint64(at + offset, value);
    sealDynamicHeader(made, at);
  }
  await expect(headerOf(made)).rejects.toMatchObject({ code: 'corrupt' });
});

test('other versions are unsupported, other disks are not dynamic', async () => {
  const made = mbrDisk();
  made.view.setUint16(copies[0] + 12, 3);
  sealDynamicHeader(made, copies[0]);
  await expect(headerOf(made)).rejects.toMatchObject({ code: 'unsupported' });
  const plain = gptDisk(sectors, [{ first: 64, last: 127 }]);
  expect(isDynamicDisk(await tableOf(plain))).toBe(false);
  expect(await headerOf(plain)).toBeUndefined();
});
