import { expect, test } from '@jest/globals';
import { openFiles, readFileSystem, type FileSystem, type Files } from '../src/index.js';
import { unitsOf } from './memory.js';
import { SmallImage } from './small-image.js';

const utf8 = (text: string): readonly number[] => [...new TextEncoder().encode(text)];
const u32 = (value: number): readonly number[] => [...new Uint8Array(new Uint32Array([value]).buffer)];
const u64 = (value: number): readonly number[] => [...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)];

async function readSmall(image: SmallImage): Promise<FileSystem> {
  const found = await readFileSystem(image.read, { size: image.size });
  if (found === undefined) throw new Error('nothing found');
  return found;
}

async function filesOfSmall(image: SmallImage): Promise<Files> {
  const files = await openFiles(image.read, { size: image.size });
  if (files === undefined) throw new Error('no files found');
  return files;
}

async function number(image: SmallImage, offset: number, size: 2 | 4): Promise<number> {
  const view = new DataView((await image.read(offset, size)).buffer);
  return size === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
}

const btrfs = 65_536;

test.each([
  ['zones', 188 + 1, [0x13], 'it is on zones'],
  ['extent tree v2', 188 + 1, [0x23], 'it has the second version of the extent tree'],
  ['a stripe tree', 188 + 1, [0x43], 'features not known here (43'],
  ['unknown read-only features', 180 + 1, [1], 'features not known here (read-only 10'],
  ['two devices', 136, [2], 'it spans 2 devices'],
  ['a dump of its metadata only', 56 + 4, [2], 'a state not known here (20000'],
  ['space that is not accounted for', 120, [0, 0, 1, 0], 'its superblock says'],
] as const)('Btrfs with %s has no map', async (_name, at, value, reason) => {
  const image = new SmallImage('btrfs');
  image.patch(btrfs + at, value);
  const found = await readSmall(image);
  expect(found.allocated).toBeUndefined();
  expect(found.noMapReason).toContain(reason);
});

test.each([
  ['a log', 96, [0, 0, 1], 'log needs recovery'],
  ['errors', 56, [5], 'errors noted'],
] as const)('Btrfs with %s is unclean', async (_name, at, value, stateReason) => {
  const image = new SmallImage('btrfs');
  image.patch(btrfs + at, value);
  expect(await readSmall(image)).toMatchObject({ state: 'unclean', stateReason });
});

test.each([
  ['zones', 216 + 2, [2], 'it is on zones'],
  ['unknown features', 216, [1], 'features not known here (1000'],
  ['unknown read-only features', 212, [1], 'features not known here (read-only 1000'],
  ['half of mkfs', 126, [1], 'its making was never finished'],
] as const)('XFS with %s has no map', async (_name, at, value, reason) => {
  const image = new SmallImage('xfs');
  image.patch(at, value);
  const found = await readSmall(image);
  expect(found.allocated).toBeUndefined();
  expect(found.noMapReason).toContain(reason);
});

test('XFS that asks for repair is unclean', async () => {
  const image = new SmallImage('xfs');
  image.patch(216 + 3, [((await number(image, 219, 2)) % 256) | 0x10]);
  expect(await readSmall(image)).toMatchObject({ state: 'unclean', stateReason: 'needs repair' });
});

const recordMagic = [0xfe, 0xed, 0xba, 0xbe];

test.each([
  ['a record that is no unmount', 512 + 9, [0]],
  ['two operations in the last record', 40, [0, 0, 0, 2]],
  ['a record that is longer than the log goes', 12, [0, 0, 4, 0]],
  ['a block of the same round behind its head', 1024 + 600 * 512, [0, 0, 0, 1]],
  ['a block of another round before its head', 512, [0, 0, 0, 3]],
  ['no record at all', 0, [0, 0, 0, 1]],
] as const)('XFS whose log ends in %s is unclean', async (_name, at, value) => {
  for (const name of ['xfs', 'xfs4'] as const) {
    const image = new SmallImage(name);
    expect((await readSmall(image)).state).toBe('clean');
    image.patch(image.indexOf(recordMagic) + at, value);
    expect(await readSmall(image)).toMatchObject({ state: 'unclean', stateReason: 'log needs recovery' });
  }
});

test.each([['S1SUSPEND'], ['S2SUSPEND'], ['ULSUSPEND'], ['LINHIB0001']])(
  'swap space with a hibernated system in it (%s) has no map',
  async (mark) => {
    const image = new SmallImage('swap');
    expect(unitsOf(await readSmall(image), 4096)).toEqual([[0, 1]]);
    image.patch(4086, utf8(mark));
    expect(await readSmall(image)).toMatchObject({ type: 'swap', state: 'unclean', allocated: undefined });
  },
);

test('swap space smaller than its volume: what lies behind is kept', async () => {
  const image = new SmallImage('swap');
  image.patch(1028, u32(99));
  expect(unitsOf(await readSmall(image), 4096)).toEqual([
    [0, 1],
    [100, 256],
  ]);
  image.patch(1028, u32(256));
  expect((await readSmall(image)).noMapReason).toBe('it claims to be larger than the volume');
});

test('exFAT notes what happened to it', async () => {
  const image = new SmallImage('exfat');
  image.patch(106, [2]);
  expect(await readSmall(image)).toMatchObject({ state: 'unclean', stateReason: 'dirty bit set in the boot sector' });
  image.patch(106, [4]);
  expect((await readSmall(image)).stateReason).toBe('media failures noted in the boot sector');
});

test.each([
  ['ntfs', [...u64(300_000), ...u64(300_000)], 8],
  ['exfat', [...u64(300_000), 0, 0, 0, 0], 0],
] as const)('%s: behind what was ever written there are zeros', async (name, mark, at) => {
  const image = new SmallImage(name);
  image.patch(image.indexOf(mark) + at, u64(100_000));
  const files = await filesOfSmall(image);
  const entry = await files.find('folder/größe/large');
  expect(entry?.size).toBe(300_000);
  if (entry === undefined) return;
  const bytes = await files.read(entry, 99_990, 1000);
  expect(new TextDecoder().decode(bytes)).toBe('some text '.padEnd(1000, '\0'));
  expect((await files.read(entry, 200_000, 1000)).every((byte) => byte === 0)).toBe(true);
});

test('a long name of FAT that belongs to another short one does not count', async () => {
  const image = new SmallImage('fat16');
  const namesIn = async () => ((await (await filesOfSmall(image)).list('folder')) ?? []).map(({ name }) => name);
  const before = await namesIn();
  image.patch(image.indexOf(utf8('AFILEW~1')), utf8('X'));
  const after = await namesIn();
  expect(after.filter((name) => !before.includes(name))).toEqual(['XFILEW~1']);
  expect(before.filter((name) => !after.includes(name))).toEqual([expect.stringMatching(/^a file with a name/u)]);
});

test('chains that bite their tails have an end', async () => {
  const fat = new SmallImage('fat16');
  const table = (await number(fat, 14, 2)) * (await number(fat, 11, 2));
  fat.patch(table + 4, [2, 0]);
  await expect((await filesOfSmall(fat)).list('folder')).rejects.toThrow('clusters in a chain');

  const exfat = new SmallImage('exfat');
  const [tableSector, root] = [await number(exfat, 80, 4), await number(exfat, 96, 4)];
  exfat.patch(tableSector * 512 + root * 4, u32(root));
  expect((await readSmall(exfat)).noMapReason).toContain('clusters in a chain');
});

test('a name of an inode that does not exist is corrupt', async () => {
  const image = new SmallImage('ext2');
  image.patch(image.indexOf(utf8('short')) - 8, u32(4_000_000_000));
  await expect((await filesOfSmall(image)).list('')).rejects.toThrow('there is no inode');
});
