import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { discsIn, opened, putSamples, run, samples, temporaryFolder } from './fixture.js';

// The set without us: discs unpacked by programs that share no code with us, segments joined as README.TXT says.

interface WrittenCatalog {
  readonly streams: Readonly<Record<string, number>>;
  readonly discs: readonly { readonly label: string }[];
  readonly segments: readonly {
    readonly stream: string;
    readonly disc: number;
    readonly seq: number;
    readonly sha256: string;
  }[];
}

let place: ReturnType<typeof temporaryFolder>;
let folder: string;

beforeAll(async () => {
  place = temporaryFolder();
  folder = join(place.path, 'discs');
  await putSamples(await opened(folder));
});
afterAll(() => place.cleanUp());

const unpack: Readonly<Record<string, (image: string, into: string) => void>> = {
  '7z of UDF': (image, into) => run('7z', 'x', '-y', '-tudf', `-o${into}`, image),
  '7z of ISO 9660': (image, into) => run('7z', 'x', '-y', '-tiso', `-o${into}`, image),
  bsdtar: (image, into) => run('bsdtar', '-xf', image, '-C', into),
  xorriso: (image, into) =>
    run(
      'xorriso',
      '-abort_on',
      'WARNING',
      '-osirrox',
      'on',
      '-indev',
      image,
      '-extract',
      '/SYSIMAGE',
      join(into, 'SYSIMAGE'),
    ),
};

test.each(Object.keys(unpack))('the objects by %s', (judge) => {
  const roots = discsIn(folder).map((name) => {
    const into = join(place.path, `${judge} ${name}`);
    mkdirSync(into);
    unpack[judge]?.(join(folder, name), into);
    return into;
  });
  const catalogs = roots.flatMap((root) =>
    ['CATALOG.JSN', 'CATALOG2.JSN'].map((name) => readFileSync(join(root, 'SYSIMAGE', name), 'utf8')),
  );
  expect(new Set(catalogs).size).toBe(1);
  const catalog: WrittenCatalog = JSON.parse(catalogs[0] ?? '');
  expect(Object.keys(catalog.streams)).toHaveLength(samples.length);
  for (const { name, bytes } of samples) {
    const parts = catalog.segments
      .filter(({ stream }) => stream === name)
      .map(({ disc, seq, sha256 }) => {
        const file = `${String(disc).padStart(4, '0')}-${String(seq).padStart(6, '0')}.SEG`;
        const part = readFileSync(join(roots[disc - 1] ?? '', 'SYSIMAGE', 'SEG', file));
        expect(createHash('sha256').update(part).digest('hex')).toBe(sha256);
        return part;
      });
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  }
  for (const [i, name] of discsIn(folder).entries()) {
    expect(run('udfinfo', join(folder, name))).toContain(`label=${catalog.discs[i]?.label ?? ''}\n`);
    expect(readFileSync(join(folder, name)).subarray(0, 16).toString()).toBe('SYSIMAGE-DISC/1 ');
  }
});
