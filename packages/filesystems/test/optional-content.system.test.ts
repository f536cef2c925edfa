import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import type { FileSystem } from '../src/index.js';
import { digests, Machine, mebibyte, patch, readImage, run } from './machine.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

const identifier = [0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e, 0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52];

function windowsLike(files: Readonly<Record<string, string>>): string {
  const image = machine.image(60 * mebibyte);
  run('mkntfs', '-FqQ', image);
  machine.mounted(image, 'ntfs', (root) => {
    for (const [name, front] of Object.entries(files)) {
      const bytes = Buffer.alloc(2 * mebibyte, `content of ${name} `);
      bytes.write(front.padEnd(4096, '\0'), 0, 'latin1');
      writeFileSync(join(root, name), bytes);
    }
    writeFileSync(join(root, 'document'), 'x'.repeat(100_000));
  });
  return image;
}

/** What is left of the map when all that may be left out is. */
function needed({ allocated = ExtentSet.empty, optional }: FileSystem): ExtentSet {
  return optional.reduce((map, { extents }) => map.subtract(extents), allocated);
}

const namesOf = ({ optional }: FileSystem): readonly string[] => optional.map(({ name }) => name);

test('page file, swap file and idle hibernation file may be left out but for their fronts', async () => {
  const image = windowsLike({ 'pagefile.sys': '', 'swapfile.sys': '', 'hiberfil.sys': '\0' });
  const found = await readImage(image);
  expect(namesOf(found)).toEqual(['pagefile', 'swapfile', 'hiberfil']);
  for (const { extents, overwrite } of found.optional) {
    expect(extents.size).toBe(2 * mebibyte - 64 * 1024);
    expect(overwrite).toEqual([]);
    expect(found.allocated?.intersect(extents).size).toBe(extents.size);
  }
  const before = machine.mounted(image, 'ntfs', digests, 'ro');
  const stripped = machine.strip(image, { ...found, allocated: needed(found) });
  const after = machine.mounted(stripped, 'ntfs', digests, 'ro');
  expect(after['document']).toBe(before['document']);
  expect(Object.keys(after)).toEqual(Object.keys(before));
  run('ntfsresize', '--info', '--force', '--no-progress-bar', stripped);
  const kept = machine.mounted(
    stripped,
    'ntfs',
    (root) => readFileSync(join(root, 'pagefile.sys')).subarray(0, 65_536),
    'ro',
  );
  expect(kept.subarray(4096).toString('latin1')).toContain('content of pagefile.sys');
});

test('a crash dump that waits in the page file is not offered, nor a page file too small to matter', async () => {
  expect(namesOf(await readImage(windowsLike({ 'pagefile.sys': 'PAGEDU64', 'hiberfil.sys': 'WAKE' })))).toEqual([
    'hiberfil',
  ]);
});

test('a hibernated session makes everything needed', async () => {
  const found = await readImage(windowsLike({ 'pagefile.sys': '', 'hiberfil.sys': 'HIBR' }));
  expect(found).toMatchObject({ state: 'unclean', stateReason: 'hibernated', optional: [] });
});

test('a hibernation file of unknown kind is not offered', async () => {
  const found = await readImage(windowsLike({ 'hiberfil.sys': 'LINK' }));
  expect(found).toMatchObject({ state: 'clean', optional: [] });
});

/** A volume with a store of a shadow copy, as far as its catalogue tells. */
function withShadowCopy(): { readonly image: string; readonly catalog: number; readonly store: number } {
  const image = machine.image(60 * mebibyte);
  run('mkntfs', '-FqQ', image);
  const store = Buffer.alloc(3 * mebibyte, 'displaced ');
  store.write('here begins the store');
  const catalog = Buffer.alloc(65_536);
  catalog.write('here begins the catalogue');
  const inode = machine.mounted(image, 'ntfs', (root) => {
    const folder = join(root, 'System Volume Information');
    mkdirSync(folder);
    writeFileSync(join(folder, '{3808876b-c176-4e48-b7ae-04046e6cc752}'), catalog);
    writeFileSync(join(folder, 'store'), store);
    return statSync(join(folder, 'store')).ino;
  });
  const bytes = readFileSync(image);
  const [catalogAt, storeAt] = [bytes.indexOf('here begins the catalogue'), bytes.indexOf('here begins the store')];
  const number = (value: number) => [...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)];
  patch(image, 0x1e00, [...identifier, 1, 0, 0, 0, 1, 0, 0, 0, ...number(0x1e00), ...number(0x1e00), ...number(0)]);
  patch(image, 0x1e30, number(catalogAt));
  patch(image, catalogAt, [...identifier, 1, 0, 0, 0, 2, 0, 0, 0, ...number(0), ...number(catalogAt), ...number(0)]);
  patch(image, catalogAt + 128, number(3));
  patch(image, catalogAt + 128 + 32, number(storeAt));
  const sequence =
    /MFT Record Sequence Number: *(\d+)/i.exec(run('ntfsinfo', '-v', '-i', `${inode}`, image))?.[1] ?? '1';
  patch(image, catalogAt + 128 + 56, [...number(inode).slice(0, 6), Number(sequence), 0]);
  return { image, catalog: catalogAt, store: storeAt };
}

test('stores of shadow copies, with the pointer that must go', async () => {
  const { image, store } = withShadowCopy();
  const found = await readImage(image);
  expect(namesOf(found)).toEqual(['shadow-copies']);
  expect(found.optional[0]?.extents.size).toBe(3 * mebibyte);
  expect(found.optional[0]?.extents.has(store)).toBe(true);
  expect(found.optional[0]?.overwrite).toEqual([{ offset: 0x1e30, bytes: new Uint8Array(8) }]);
  expect(needed(found).covers(0, 8192)).toBe(true);
  patch(image, 0x1e30, [0, 0, 0, 0, 0, 0, 0, 0]);
  expect((await readImage(image)).optional).toEqual([]);
});

test('a catalogue that names the wrong file, or one kept for another volume, is left alone', async () => {
  const wrong = withShadowCopy();
  patch(wrong.image, wrong.catalog + 128 + 32, [0, 0, 0, 0, 0, 0, 0, 0]);
  expect(await readImage(wrong.image)).toMatchObject({ state: 'clean', optional: [] });
  const other = withShadowCopy();
  patch(other.image, 0x1e00 + 64, [1]);
  expect(await readImage(other.image)).toMatchObject({ state: 'clean', optional: [] });
  const endless = withShadowCopy();
  const pointer = [...new Uint8Array(new BigUint64Array([BigInt(endless.catalog)]).buffer)];
  patch(endless.image, endless.catalog + 40, pointer);
  expect(await readImage(endless.image)).toMatchObject({ state: 'clean', optional: [] });
});
