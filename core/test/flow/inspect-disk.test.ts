import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import type { DiskSource, SourceMount } from '../../src/contract/source.js';
import { inspectDisk } from '../../src/flow/inspect-disk.js';
import { mbrDisk, mebibyte, putExt, sourceOf } from '../small-disk.js';

function withMagic(magic: string, at: number, size = 100_000): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(
    Uint8Array.from(magic, (letter) => letter.charCodeAt(0)),
    at,
  );
  return bytes;
}

test.each([
  ['nothing', new Uint8Array(0), /it is empty/u],
  ['a few bytes', new Uint8Array(511), /too small/u],
  ['text', new TextEncoder().encode('Dear diary. '.repeat(500)), /neither a partition table nor a known file system/u],
  ['zeros', new Uint8Array(1_000_000), /neither/u],
  ['a qcow2 image', withMagic('QFI\xfb', 0), /qcow2 image.*qemu-img/u],
  ['a VHD', withMagic('conectix', 0), /a VHD image/u],
  ['a VHDX', withMagic('vhdxfile', 0), /a VHDX image/u],
  ['a VMDK', withMagic('KDMV', 0), /a VMDK image/u],
  ['the image of a disc', withMagic('CD001', 32_769), /ISO 9660/u],
  ['a short file with the start of a qcow2 image', withMagic('QFI\xfb', 0, 600), /qcow2/u],
])('%s is not the image of a disk', async (_what, bytes, message) => {
  await expect(inspectDisk(sourceOf(bytes))).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(message),
    context: { disk: 'disk.img' },
  });
});

test('a device of unknown content is taken whole', async () => {
  const { layout, volumeMaps } = await inspectDisk(sourceOf(new Uint8Array(mebibyte), { kind: 'device' }));
  expect(layout).toMatchObject({ scheme: 'none', partitions: [], size: mebibyte });
  expect(layout.volumes).toMatchObject([
    {
      partition: 0,
      start: 0,
      size: mebibyte,
      copied: 'whole',
      wholeReason: 'no known file system',
      usedBytes: mebibyte,
    },
  ]);
  expect(volumeMaps.size).toBe(0);
});

test('a device whose table cannot be read is taken whole, too; what is no broken sector is an error', async () => {
  const refusing = (error: Error): DiskSource => {
    const source = sourceOf(toyDisk(), { kind: 'device' });
    return { ...source, read: async (at, into) => (at < 512 ? Promise.reject(error) : source.read(at, into)) };
  };
  const { layout } = await inspectDisk(refusing(new SysimageError('corrupt', 'EIO')));
  expect(layout).toMatchObject({
    scheme: 'none',
    problems: ['512 bytes at 0 cannot be read'],
    volumes: [{ partition: 0, copied: 'whole', size: 8 * mebibyte }],
  });
  await expect(inspectDisk(refusing(new SysimageError('unavailable', 'gone')))).rejects.toMatchObject({
    code: 'unavailable',
  });
});

const start = 2048;
const volumeSize = 6 * mebibyte;

function toyDisk(state: 'clean' | 'dirty' = 'clean'): Uint8Array {
  const bytes = mbrDisk(8 * mebibyte, { start, count: volumeSize / 512 });
  putExt(bytes, start * 512, volumeSize, state);
  return bytes;
}

test('of a clean file system only the blocks in use are taken, counted from the start of the disk', async () => {
  const { layout, tables, volumeMaps } = await inspectDisk(sourceOf(toyDisk(), { model: 'M', serial: 'S' }));
  expect(layout).toMatchObject({ scheme: 'mbr', id: '5ca1ab1e', model: 'M', serial: 'S', sectorSize: 512 });
  expect(layout.partitions).toMatchObject([{ index: 1, start: start * 512, size: volumeSize }]);
  const used = volumeMaps.get(1);
  expect(layout.volumes).toMatchObject([
    { partition: 1, consistency: 'clean', copied: 'used', fileSystem: 'ext2', usedBytes: used?.size },
  ]);
  expect(used?.hull?.start).toBe(start * 512);
  expect(used?.size).toBeLessThan(volumeSize);
  expect(tables.covers(0, 512)).toBe(true);
});

test('on a dynamic disk nothing is left out: a volume may go on elsewhere than its partition', async () => {
  const disk = mbrDisk(16 * mebibyte, { start: 2048, count: 8 * 2048 });
  putExt(disk, mebibyte, 8 * mebibyte);
  const typeOfFirst = 446 + 4;
  disk[typeOfFirst] = 0x42;
  const { layout, volumeMaps } = await inspectDisk(sourceOf(disk));
  expect(layout.volumes).toMatchObject([
    { fileSystem: 'ext2', copied: 'whole', wholeReason: 'volumes of a dynamic disk do not follow its partitions' },
  ]);
  expect(volumeMaps.size).toBe(0);
});

test('a file system that was not closed is copied whole, and says why', async () => {
  const { layout, volumeMaps } = await inspectDisk(sourceOf(toyDisk('dirty')));
  expect(layout.volumes).toMatchObject([{ consistency: 'crash', copied: 'whole', usedBytes: volumeSize }]);
  expect(layout.volumes[0]?.consistencyReason).toBeTruthy();
  expect(layout.volumes[0]?.wholeReason).toBe(layout.volumes[0]?.consistencyReason);
  expect(volumeMaps.size).toBe(0);
});

const here = start * 512;
test.each<[string, readonly SourceMount[], string]>([
  ['for writing', [{ offset: here, mountPoint: '/a', readOnly: false }], 'live'],
  ['for reading', [{ offset: here, mountPoint: '/a', readOnly: true }], 'clean'],
  [
    'twice, once for writing',
    [
      { offset: here, mountPoint: '/r', readOnly: true },
      { offset: here, mountPoint: '/a', readOnly: false },
    ],
    'live',
  ],
  ['somewhere on the disk', [{ mountPoint: '/a', readOnly: false }], 'live'],
  ['inside the partition', [{ offset: here + mebibyte, mountPoint: '/a', readOnly: false }], 'live'],
  ['on another partition', [{ offset: here + volumeSize, mountPoint: '/a', readOnly: false }], 'clean'],
  ['on the partition before', [{ offset: here - 512, mountPoint: '/a', readOnly: false }], 'clean'],
])('mounted %s', async (_how, mounts, consistency) => {
  const { layout } = await inspectDisk(sourceOf(toyDisk(), { mounts }));
  expect(layout.volumes).toMatchObject([{ consistency, copied: consistency === 'clean' ? 'used' : 'whole' }]);
  if (consistency === 'live') expect(layout.volumes[0]?.consistencyReason).toContain('/a');
});

test('a file system without a table spans the whole disk', async () => {
  const bytes = new Uint8Array(4 * mebibyte);
  putExt(bytes, 0, bytes.length);
  const { layout, tables } = await inspectDisk(sourceOf(bytes));
  expect(layout).toMatchObject({
    scheme: 'none',
    volumes: [{ partition: 0, start: 0, size: bytes.length, copied: 'used' }],
  });
  expect(tables.isEmpty).toBe(true);
});

const truncated = { code: 'corrupt', message: expect.stringContaining('is truncated') };

test('a disk that was cut off is corrupt: inside a partition, a file system or a sector', async () => {
  const disk = toyDisk();
  const cases: readonly Uint8Array[] = [
    disk.slice(0, start * 512 + volumeSize - 512),
    disk.slice(0, start * 512),
    disk.slice(0, 512),
    disk.slice(0, disk.length - 100),
  ];
  for (const bytes of cases) await expect(inspectDisk(sourceOf(bytes))).rejects.toMatchObject(truncated);
  const bare = new Uint8Array(4 * mebibyte);
  putExt(bare, 0, bare.length);
  await expect(inspectDisk(sourceOf(bare.slice(0, 3 * mebibyte)))).rejects.toMatchObject(truncated);
  await expect(inspectDisk(sourceOf(disk.slice(0, start * 512 + volumeSize)))).resolves.toBeDefined();
});

test('a device is imaged as far as it reaches, whatever its table says', async () => {
  const disk = toyDisk();
  const view = new DataView(disk.buffer);
  const second = 446 + 16;
  disk[second + 4] = 0x83;
  view.setUint32(second + 8, 0xffff_fff0, true);
  view.setUint32(second + 12, 0xffff_fff0, true);
  const [from, size] = [start * 512, volumeSize - mebibyte];
  const { layout, volumeMaps } = await inspectDisk(sourceOf(disk.slice(0, from + size), { kind: 'device' }));
  expect(layout.partitions).toMatchObject([{ size: volumeSize }, { size: 0xffff_fff0 * 512 }]);
  expect(layout.volumes).toMatchObject([{ partition: 1, start: from, size, copied: 'whole', usedBytes: size }]);
  expect(layout.problems).toEqual([
    expect.stringContaining('partition 1 ends'),
    expect.stringContaining('partition 2 ends'),
  ]);
  expect(volumeMaps.size).toBe(0);
});

test('a device of which no table can be read is taken whole, not by the map of what lay there before', async () => {
  const disk = mbrDisk(8 * mebibyte, { start: 1, count: 2047 });
  putExt(disk, 0, 8 * mebibyte);
  disk[446 + 4] = 0xee;
  const { layout } = await inspectDisk(sourceOf(disk, { kind: 'device' }));
  expect(layout).toMatchObject({
    scheme: 'none',
    problems: [expect.stringContaining('both copies of the GPT are broken')],
    volumes: [{ partition: 0, copied: 'whole', wholeReason: 'the partition table cannot be read' }],
  });
});

test('a GPT whose copies are both broken is corrupt, and says what to do', async () => {
  const bytes = mbrDisk(mebibyte, { start: 1, count: 2047 });
  bytes[446 + 4] = 0xee;
  await expect(inspectDisk(sourceOf(bytes))).rejects.toMatchObject({
    code: 'corrupt',
    remedy: expect.stringContaining('gdisk'),
  });
});

test('a disk that cannot be read where it matters says so in the words of its reader', async () => {
  const source: DiskSource = sourceOf(toyDisk(), { bad: [{ start: 0, end: 512 }] });
  await expect(inspectDisk(source)).rejects.toMatchObject({ code: 'corrupt' });
});
