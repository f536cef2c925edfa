import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { objectName } from '@sysimage/core/plugin';
import {
  chunksOf,
  discsIn,
  discSize,
  host,
  namesOf,
  opened,
  pattern,
  putSamples,
  samples,
  temporaryFolder,
  text,
  whole,
  type OpticalTarget,
} from './fixture.js';

let place: ReturnType<typeof temporaryFolder>;
let folder: string;
let cupboard: string;
let target: OpticalTarget;
const [large, , record] = samples;

beforeEach(async () => {
  place = temporaryFolder();
  folder = join(place.path, 'discs');
  cupboard = join(place.path, 'cupboard');
  mkdirSync(cupboard);
  target = await opened(folder);
  await putSamples(target);
});
afterEach(() => place.cleanUp());

function takeOut(name: string): void {
  renameSync(join(folder, name), join(cupboard, name));
}

function putBack(name: string): void {
  renameSync(join(cupboard, name), join(folder, name));
}

function change(name: string, edit: (image: Buffer) => void): void {
  const image = readFileSync(join(folder, name));
  edit(image);
  writeFileSync(join(folder, name), image);
}

async function labels(): Promise<readonly string[]> {
  const pieces = await target.facets.media.locate(large.name, [{ start: 0, end: large.bytes.length }]);
  return pieces.map(({ label }) => label);
}

test('a set over several discs, none larger than a blank one, and nothing else stays', async () => {
  expect(readdirSync(folder)).toEqual(['disc-0001.iso', 'disc-0002.iso', 'disc-0003.iso']);
  for (const name of discsIn(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(discSize);
  expect(await namesOf(target.list(''))).toEqual(samples.map(({ name }) => name).toSorted());
  for (const sample of samples) expect((await whole(target, sample)).equals(sample.bytes)).toBe(true);
  expect(await labels()).toEqual([1, 2, 3].map((disc) => expect.stringMatching(`^SYSIMG_[0-9A-F]{8}_000${disc}$`)));
  await target.put(objectName('alone'), 3, chunksOf(text('one')));
  expect(discsIn(folder)).toHaveLength(4);
});

test('discs under other names and in another order', async () => {
  renameSync(join(folder, 'disc-0001.iso'), join(folder, 'z.ISO'));
  renameSync(join(folder, 'disc-0002.iso'), join(folder, 'disc-0001.iso'));
  renameSync(join(folder, 'disc-0003.iso'), join(folder, 'disc-0002.iso'));
  for (const each of [target, await opened(folder)]) {
    for (const sample of samples) expect((await whole(each, sample)).equals(sample.bytes)).toBe(true);
  }
});

describe('a disc that is not there', () => {
  test('is named, and only what it holds is missing', async () => {
    const [first = '', second = ''] = await labels();
    takeOut('disc-0002.iso');
    expect(await namesOf(target.list(''))).toHaveLength(3);
    await expect(whole(target, large)).rejects.toMatchObject({ code: 'media-required', context: { disc: second } });
    await expect(whole(target, large)).rejects.toThrow(second);
    expect((await whole(target, record)).equals(record.bytes)).toBe(true);
    takeOut('disc-0001.iso');
    await expect(whole(target, large)).rejects.toMatchObject({ code: 'media-required', context: { disc: first } });
    // Every disc carries the whole catalog.
    expect(await labels()).toHaveLength(3);
    putBack('disc-0001.iso');
    putBack('disc-0002.iso');
    expect((await whole(target, large)).equals(large.bytes)).toBe(true);
  });

  test('the last one tells that the set is complete', async () => {
    const last = (await labels())[2] ?? '';
    takeOut('disc-0003.iso');
    const needed = { code: 'media-required', context: { disc: last } };
    await expect(namesOf(target.list(''))).rejects.toMatchObject(needed);
    await expect(target.stat(record.name)).rejects.toMatchObject(needed);
    await expect(whole(target, large)).rejects.toMatchObject(needed);
    expect(await namesOf(target.list(objectName('elsewhere')))).toEqual([]);
    expect(await target.stat(objectName('elsewhere'))).toBeUndefined();
  });

  test('is asked for when a person may be asked, a few times', async () => {
    const asked: string[] = [];
    const machine = {
      ...host,
      requestMedium: async ({ label }: { readonly label: string }) => {
        asked.push(label);
        if (asked.length === 2) putBack('disc-0002.iso');
      },
    };
    const second = (await labels())[1] ?? '';
    takeOut('disc-0002.iso');
    const patient = await opened(folder, discSize, machine);
    const parts: Uint8Array[] = [];
    const range = { start: 0, end: large.bytes.length };
    for await (const part of patient.get(large.name, range, { prompt: 'allowed' })) parts.push(Buffer.from(part));
    expect(Buffer.concat(parts).equals(large.bytes)).toBe(true);
    expect(asked).toEqual([second, second]);
    takeOut('disc-0002.iso');
    await expect(
      (async () => {
        for await (const part of patient.get(large.name, range, { prompt: 'allowed' })) expect(part).toBeDefined();
      })(),
    ).rejects.toMatchObject({ code: 'media-required' });
    expect(asked).toHaveLength(5);
  });
});

describe('a damaged disc', () => {
  test('in a segment: named, unless a copy of the disc is there', async () => {
    const [first = ''] = await labels();
    copyFileSync(join(folder, 'disc-0001.iso'), join(cupboard, 'copy.iso'));
    change('disc-0001.iso', (image) => {
      image[2_000_000] = (image[2_000_000] ?? 0) ^ 1;
    });
    for (const each of [target, await opened(folder)]) {
      await expect(whole(each, large)).rejects.toMatchObject({
        code: 'corrupt',
        context: { disc: first, path: join(folder, 'disc-0001.iso') },
      });
    }
    putBack('copy.iso');
    expect((await whole(target, large)).equals(large.bytes)).toBe(true);
  });

  test('without its system area it is known by its files, and by its other catalog', async () => {
    for (const name of discsIn(folder)) {
      change(name, (image) => {
        image.fill(0, 0, 2048);
        const catalog = image.indexOf('"paritySegs": []');
        image[catalog + 3] = 0;
      });
    }
    const again = await opened(folder);
    for (const sample of samples) expect((await whole(again, sample)).equals(sample.bytes)).toBe(true);
  });

  test('without catalogs its segments are still read, by the catalog of another', async () => {
    change('disc-0001.iso', (image) => {
      for (let at = image.indexOf('"paritySegs": []'); at >= 0; at = image.indexOf('"paritySegs": []'))
        image.fill(0, at, at + 5);
    });
    const again = await opened(folder);
    expect((await whole(again, large)).equals(large.bytes)).toBe(true);
  });

  test('cut or without anything that can be read', async () => {
    const [first = ''] = await labels();
    change('disc-0001.iso', (image) => image.fill(0, 2048 * 16));
    const again = await opened(folder);
    // Its label is there, nothing else.
    await expect(whole(again, large)).rejects.toMatchObject({ code: 'corrupt', context: { disc: first } });
    change('disc-0001.iso', (image) => image.fill(0));
    await expect(whole(again, large)).rejects.toMatchObject({
      code: 'media-required',
      context: { disc: first, damaged: join(folder, 'disc-0001.iso') },
    });
    expect((await whole(again, record)).equals(record.bytes)).toBe(true);
    // Nobody can say any more that an object is nowhere.
    await expect(namesOf(again.list(''))).resolves.toHaveLength(3);
    const unknown = again.get(objectName('unknown'), { start: 0, end: 1 })[Symbol.asyncIterator]();
    await expect(unknown.next()).rejects.toMatchObject({ code: 'corrupt' });
  });
});

test('what is written once is not replaced, in a batch neither', async () => {
  const batch = await target.facets.batch.begin({ id: 'two', label: 'two', size: 10 });
  await expect(batch.put(record.name, 1, chunksOf(text('x')))).rejects.toMatchObject({ code: 'already-exists' });
  await batch.put(objectName('new'), 1, chunksOf(text('x')));
  await target.put(objectName('new'), 1, chunksOf(text('y')));
  await expect(batch.commit()).rejects.toMatchObject({ code: 'already-exists' });
  await batch.abort();
  expect(discsIn(folder)).toHaveLength(4);
});

test('discs that are too small for the catalog', async () => {
  const small = await opened(join(place.path, 'small'), 2 ** 20);
  const batch = await small.facets.batch.begin({ id: 'much', label: 'much', size: 10 });
  for (let i = 0; i < 200; i += 1) {
    const deep = Array.from({ length: 8 }, (_, level) => `${'x'.repeat(56)}${level}${String(i).padStart(4, '0')}`);
    await batch.put(objectName(...deep), 1, chunksOf(text('x')));
  }
  await expect(batch.commit()).rejects.toMatchObject({ code: 'no-space' });
  await batch.abort();
  expect(readdirSync(join(place.path, 'small'))).toEqual([]);
});

test('other images in the folder, and files that only look like some', async () => {
  writeFileSync(join(folder, 'noise.iso'), pattern(100_000, 9));
  writeFileSync(join(folder, 'empty.iso'), '');
  mkdirSync(join(folder, 'folder.iso'));
  expect(await namesOf(target.list(''))).toHaveLength(3);
  expect(await target.stat(objectName('nothing'))).toBeUndefined();
  await target.put(objectName('more'), 1, chunksOf(text('x')));
  expect(await namesOf(target.list(''))).toHaveLength(4);
});

test('a cancelled commit leaves the batch as it was', async () => {
  const batch = await target.facets.batch.begin({ id: 'late', label: 'late', size: 10 });
  await batch.put(objectName('late'), 1, chunksOf(text('x')));
  await expect(batch.commit({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  expect(await namesOf(target.list(''))).toHaveLength(3);
  await batch.commit();
  expect(await namesOf(target.list(''))).toHaveLength(4);
});
