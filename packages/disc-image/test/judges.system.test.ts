import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contentsOf, identity, imageOf, pattern, run, temporaryFolder, withoutUdf } from './fixture.js';

// Readers and writers that share no code with us.

const contents = [
  { path: 'README.TXT', bytes: pattern(100, 1) },
  { path: 'SYSIMAGE/SEG/0001-000001.SEG', bytes: pattern(3_000_001, 2) },
  { path: 'sysimage/desk/catalog.json', bytes: pattern(2048, 3) },
  { path: 'sysimage/desk/a.b-c_d', bytes: pattern(4097, 4) },
  { path: `1/2/3/4/5/6/${'long-name-'.repeat(6)}/${'x'.repeat(60)}.txt`, bytes: pattern(17, 5) },
  { path: 'sysimage/desk/größe', bytes: pattern(9, 6) },
  ...Array.from({ length: 300 }, (_, i) => ({ path: `many/object-${i}.segment`, bytes: pattern(i, i) })),
];
let folder: ReturnType<typeof temporaryFolder>;
let image: string;

beforeAll(async () => {
  folder = temporaryFolder();
  image = join(folder.path, 'disc.iso');
  writeFileSync(image, await imageOf(contents));
});
afterAll(() => folder.cleanUp());

function place(name: string): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  return path;
}

function expectContents(path: string): void {
  for (const { path: name, bytes } of contents) {
    expect({ name, equal: readFileSync(join(path, name)).equals(bytes) }).toEqual({ name, equal: true });
  }
}

describe('what we write', () => {
  test.each(['udf', 'iso'])('7z as %s', (type) => {
    const path = place(`7z-${type}`);
    const listing = run('7z', 'l', '-slt', `-t${type}`, image);
    for (const { path: name } of contents) expect(listing).toContain(`Path = ${name}\n`);
    expect(run('7z', 't', `-t${type}`, image)).toContain('Everything is Ok');
    run('7z', 'x', `-t${type}`, `-o${path}`, image);
    expectContents(path);
  });

  test('bsdtar', () => {
    const path = place('bsdtar');
    const listing = run('env', 'LC_ALL=C.UTF-8', 'bsdtar', '-tf', image).split('\n');
    for (const { path: name } of contents) expect(listing).toContain(name);
    run('env', 'LC_ALL=C.UTF-8', 'bsdtar', '-xf', image, '-C', path);
    expectContents(path);
  });

  test('xorriso', () => {
    const path = place('xorriso');
    const words = ['LC_ALL=C.UTF-8', 'xorriso', '-abort_on', 'WARNING', '-osirrox', 'on', '-indev', image];
    const listing = run('env', ...words, '-find', '/', '-type', 'f').split('\n');
    for (const { path: name } of contents) expect(listing).toContain(`'/${name}'`);
    run('env', ...words, '-extract', '/', path);
    expectContents(path);
  });

  test('udfinfo', () => {
    const report = run('udfinfo', image);
    expect(report).toContain(`label=${identity.volume}\n`);
    expect(report).toContain('blocksize=2048\n');
    expect(report).toContain('udfrev=1.02\n');
    expect(report).toContain('integrity=closed\n');
    expect(report).toContain(`numfiles=${contents.length}\n`);
    expect(report).toContain('numdirs=13\n');
    expect(report).toContain('accesstype=readonly\n');
  });
});

test('what xorriso writes, we read', async () => {
  const path = place('theirs');
  for (const { path: name, bytes } of contents) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), bytes);
  }
  const theirs = join(folder.path, 'theirs.iso');
  run(
    'env',
    'LC_ALL=C.UTF-8',
    'xorriso',
    '-as',
    'mkisofs',
    '-J',
    '-joliet-long',
    '-iso-level',
    '3',
    '-o',
    theirs,
    path,
  );
  const found = await contentsOf(readFileSync(theirs));
  for (const { path: name, bytes } of contents) expect(found.get(name)?.equals(bytes)).toBe(true);
});

test('the reader finds the same by each of the file systems', async () => {
  const bytes = readFileSync(image);
  const joliet = await contentsOf(withoutUdf(bytes));
  expect([...joliet.keys()].sort()).toEqual([...(await contentsOf(bytes)).keys()].sort());
});
