import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { layOutDisc, openDisc, readerOf, type DiscFile } from '../src/index.js';
import { contentsOf, identity, imageOf, joined, pattern, readerOfImage, withoutUdf } from './fixture.js';

const contents = [
  { path: 'README.TXT', bytes: pattern(100, 1) },
  { path: 'SYSIMAGE/SEG/0001-000001.SEG', bytes: pattern(5000, 2) },
  { path: 'sysimage/desk/a.b-c_d.json', bytes: pattern(2048, 3) },
  { path: 'sysimage/desk/empty', bytes: new Uint8Array() },
  { path: 'Größe/日本語.txt', bytes: pattern(1, 4) },
];

describe('what was written is read', () => {
  test('by UDF and by Joliet with the names as they are', async () => {
    const image = await imageOf(contents);
    for (const disc of [image, withoutUdf(image)]) {
      const found = await contentsOf(disc);
      expect([...found.keys()].sort()).toEqual(contents.map(({ path }) => path).sort());
      for (const { path, bytes } of contents) expect(found.get(path)?.equals(bytes)).toBe(true);
    }
    expect(await openDisc(readerOfImage(image), image.length)).toMatchObject({
      fileSystem: 'udf',
      volume: identity.volume,
    });
    expect(await openDisc(readerOfImage(withoutUdf(image)), image.length)).toMatchObject({
      fileSystem: 'joliet',
      volume: identity.volume.slice(0, 16),
    });
  });

  test('by ISO 9660 alone with capitals', async () => {
    const image = withoutUdf(await imageOf(contents));
    image[17 * 2048] = 3;
    const disc = await openDisc(readerOfImage(image), image.length);
    expect(disc).toMatchObject({ fileSystem: 'iso9660', volume: identity.volume });
    const [readme] = disc.files.filter(({ path }) => path === 'README.TXT');
    expect(readme === undefined ? '' : await readerOf(readerOfImage(image), readme)(0, 100)).toEqual(pattern(100, 1));
    expect(disc.files.map(({ path }) => path)).toContain('SYSIMAGE_1/DESK/A_B_C_D.JSON');
  });

  test('whatever names and sizes there are', async () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]$/u);
    const file = fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 8 }).map((segments) => segments.join('/')),
      size: fc.integer({ min: 0, max: 9000 }),
    });
    const distinct = fc.uniqueArray(file, { maxLength: 60, selector: ({ path }) => path });
    await fc.assert(
      fc.asyncProperty(distinct, async (files) => {
        const wanted = files
          .filter(({ path }) => !files.some((other) => other.path.startsWith(`${path}/`)))
          .map(({ path, size }, i) => ({ path, bytes: pattern(size, i) }));
        const image = await imageOf(wanted);
        const byCode = (a: string, b: string) => (a < b ? -1 : 1);
        for (const disc of [image, withoutUdf(image)]) {
          const found = await contentsOf(disc);
          expect([...found.keys()].sort(byCode)).toEqual(wanted.map(({ path }) => path).sort(byCode));
          for (const { path, bytes } of wanted) expect(found.get(path)?.equals(bytes)).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('many files in one folder, whose names are equal to ISO 9660', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({
      path: `many/${'a long name '.repeat(4)}${i}.segment`,
      bytes: Uint8Array.of(i & 255),
    }));
    const image = await imageOf(many);
    expect((await contentsOf(image)).size).toBe(3000);
    const joliet = withoutUdf(image);
    expect((await contentsOf(joliet)).size).toBe(3000);
    joliet[17 * 2048] = 3;
    expect((await contentsOf(joliet)).size).toBe(3000);
  });
});

describe('layout', () => {
  test('is known before the bytes, and the same every time', async () => {
    const image = await imageOf(contents);
    expect((await imageOf(contents)).equals(image)).toBe(true);
    expect((await imageOf(contents, { ...identity, sequence: 3 })).equals(image)).toBe(false);
    expect(image.subarray(0, 12).toString()).toBe('SYSTEM AREA\n');
    expect(image.length % (32 * 2048)).toBe(0);
    const { files } = layOutDisc(
      contents.map(({ path, bytes }) => ({ path, size: bytes.length })),
      identity,
    );
    for (const [i, { offset, size }] of files.entries()) {
      expect(image.subarray(offset, offset + size).equals(contents[i]?.bytes ?? Buffer.of(1))).toBe(true);
    }
  });

  test('files of several UDF extents, sizes beyond 4 GiB together', async () => {
    const large: readonly DiscFile[] = [
      { path: 'a', size: 2 ** 32 - 1 },
      { path: 'b', size: 2 ** 30 },
      { path: 'c', size: 5 },
    ];
    const layout = layOutDisc(large, identity);
    // Only the head is made.
    const head: Uint8Array[] = [];
    for await (const chunk of layout.bytes(async function* nothing() {})) {
      head.push(chunk);
      break;
    }
    const bytes = Buffer.concat(head);
    const read = async (offset: number, length: number) => {
      const result = new Uint8Array(length);
      if (offset < bytes.length) result.set(bytes.subarray(offset, offset + length));
      return result;
    };
    const { files, fileSystem } = await openDisc(read, layout.size);
    expect(fileSystem).toBe('udf');
    expect(files.map(({ path, size }) => ({ path, size }))).toEqual(large);
    expect(files[0]?.extents).toHaveLength(5);
    for (const [i, { extents }] of files.entries()) expect(extents[0]?.offset).toBe(layout.files[i]?.offset);
  });

  test('a content that is not as long as it was said to be', async () => {
    const layout = layOutDisc([{ path: 'a', size: 3 }], identity);
    for (const size of [2, 4]) {
      await expect(
        joined(
          layout.bytes(async function* wrong() {
            yield new Uint8Array(size);
          }),
        ),
      ).rejects.toThrow(RangeError);
    }
  });

  test.each([
    [[{ path: 'a', size: 2 ** 32 }]],
    [[{ path: 'a', size: -1 }]],
    [[{ path: '', size: 1 }]],
    [[{ path: '/a', size: 1 }]],
    [[{ path: 'a/../b', size: 1 }]],
    [[{ path: 'a:b', size: 1 }]],
    [[{ path: 'a'.repeat(65), size: 1 }]],
    [[{ path: '1/2/3/4/5/6/7/8/9', size: 1 }]],
    [
      [
        { path: 'a', size: 1 },
        { path: 'a', size: 1 },
      ],
    ],
    [
      [
        { path: 'a', size: 1 },
        { path: 'a/b', size: 1 },
      ],
    ],
  ])('what no disc can hold: %j', (files) => {
    expect(() => layOutDisc(files, identity)).toThrow(RangeError);
  });

  test('an identity that no disc can have', () => {
    for (const wrong of [{ sequence: 0 }, { date: new Date(Number.NaN) }, { systemArea: new Uint8Array(32_769) }]) {
      expect(() => layOutDisc([], { ...identity, ...wrong })).toThrow(RangeError);
    }
  });
});
