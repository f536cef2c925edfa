import { expect, test } from '@jest/globals';
import { openFiles, readFileSystem } from '../src/index.js';
import { fuzzFileSystems } from './fuzz-file-systems.js';
import { SmallImage, smallImageNames } from './small-image.js';

test.each(smallImageNames.map((name) => [name]))('%s: undamaged it has a map, found in few reads', async (name) => {
  const image = new SmallImage(name);
  const found = await readFileSystem(image.read, { size: image.size });
  expect(found).toMatchObject({ type: name.replace(/(?:-mixed|4)$/u, (end) => (name === 'ext4' ? end : '')) });
  expect(found).toMatchObject({ state: 'clean', noMapReason: undefined });
  expect(found?.allocated?.size).toBeLessThan(image.size);
  expect(image.reads).toBeLessThan(150);
});

test.each([
  ['ntfs', 'FOLDER/GRÖßE/large'],
  ['fat12', 'folder/größe/LARGE'],
  ['fat16', 'folder/größe/LARGE'],
  ['fat32', 'folder/größe/LARGE'],
  ['exfat', 'folder/GRÖßE/large'],
  ['ext2', 'folder/größe/large'],
  ['ext4', 'folder/größe/large'],
] as const)('%s: a file is found in few reads, and read from anywhere', async (name, path) => {
  const image = new SmallImage(name);
  const files = await openFiles(image.read, { size: image.size });
  const entry = await files?.find(path);
  expect(entry).toMatchObject({ kind: 'file', size: 300_000 });
  if (files === undefined || entry === undefined) return;
  const text = async (offset: number, length: number) =>
    new TextDecoder().decode(await files.read(entry, offset, length));
  expect(await text(0, 15)).toBe('some text some ');
  expect(await text(123_456, 8)).toBe('ext some');
  expect(await text(299_995, 100)).toBe('text ');
  expect(await text(300_000, 100)).toBe('');
  expect(await text(400_000, 100)).toBe('');
  await expect(files.read(entry, -1, 1)).rejects.toThrow(RangeError);
  await expect(files.read(entry, 0, 5 * 1024 * 1024)).rejects.toThrow(RangeError);
  await expect(files.read({ ...entry }, 0, 1)).rejects.toThrow('another volume');
  expect(image.reads).toBeLessThan(120);
});

test('compressed files of NTFS', async () => {
  const image = new SmallImage('ntfs');
  const files = await openFiles(image.read, { size: image.size });
  const entry = await files?.find('compressed/TEXT');
  expect(entry?.size).toBe(16 * 6000);
  if (files === undefined || entry === undefined) return;
  const bytes = await files.read(entry, 65_530, 20);
  expect(new TextDecoder().decode(bytes)).toBe('line after line\n'.repeat(5).slice(65_530 % 16, (65_530 % 16) + 20));
});

test.each(smallImageNames.map((name) => [name]))('%s: damaged, it is survived', async (name) => {
  await fuzzFileSystems({ seed: 1, runs: 40, names: [name] });
});
