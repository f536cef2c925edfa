import { afterAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeScratch, run, sameBytes } from '@sysimage/fixtures';
import { at, listAt, numberAt, sysimageHere, textAt, ToyDisk } from '../src/index.js';
import { referenceReader } from './reference-reader.js';

const mebibyte = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** Puts the objects of a set together, from nothing but the page on disc sets and 7-Zip. */
async function unpackDiscs(discs: string, folder: string): Promise<void> {
  const unpacked = scratch.at('unpacked');
  await mkdir(unpacked, { recursive: true });
  const images = (await readdir(discs)).filter((name) => name.endsWith('.iso')).toSorted();
  expect(images.length).toBeGreaterThan(1);
  for (const image of images) await run('7z', 'x', '-y', `-o${unpacked}`, join(discs, image));
  const catalog: unknown = JSON.parse(await readFile(join(unpacked, 'SYSIMAGE/CATALOG.JSN'), 'utf8'));
  const streams = new Map<string, Buffer[]>();
  for (const segment of listAt(catalog, 'segments')) {
    const [disc, seq] = [numberAt(segment, 'disc'), numberAt(segment, 'seq')];
    const name = `${String(disc).padStart(4, '0')}-${String(seq).padStart(6, '0')}.SEG`;
    const bytes = await readFile(join(unpacked, 'SYSIMAGE/SEG', name));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(textAt(segment, 'sha256'));
    const stream = textAt(segment, 'stream');
    streams.set(stream, [...(streams.get(stream) ?? []), bytes]);
  }
  for (const [stream, pieces] of streams) {
    await mkdir(dirname(join(folder, stream)), { recursive: true });
    await writeFile(join(folder, stream), Buffer.concat(pieces));
  }
}

/** Names and kinds of all that a value holds; of a list those of its first item. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
}

test('a set of discs, put together by its page, is what the reader reads', async () => {
  const disk = new ToyDisk(24 * mebibyte);
  for (let block = 20; block < disk.blockCount; block += 1) disk.fill(block, 1 + (block % 250));
  await writeFile(scratch.at('disk.img'), disk.bytes);
  const [discs, folder] = [scratch.at('discs'), scratch.at('objects')];
  await mkdir(discs);
  const to = `optical:${discs}?capacity=12MiB`;
  await sysimageHere('backup', '-d', scratch.at('disk.img'), '--to', to, '-c', 'desk');
  await sysimageHere('restore', 'latest', '--from', to, '-d', scratch.at('ours.img'));
  await unpackDiscs(discs, folder);

  // The examples on the page belong together, and have what a real set has.
  const page = await readFile(join(import.meta.dirname, '../../../../docs/formats/disc-set.md'), 'utf8');
  const [label = '', catalog = ''] = [...page.matchAll(/^```text\n([^]*?)^```$/gmu)].map(([, text = '']) => text);
  const sha256 = createHash('sha256').update(catalog).digest('hex');
  expect(JSON.parse(label)).toMatchObject({ catalog: { size: catalog.length, sha256 } });
  const real = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(scratch.at('unpacked/SYSIMAGE', name), 'utf8'));
  expect(shapeOf(JSON.parse(label))).toEqual(shapeOf(await real('DISC.JSN')));
  const [shown, found] = [JSON.parse(catalog), await real('CATALOG.JSN')].map(shapeOf);
  expect(shown).toEqual({ ...Object(found), streams: at(shown, 'streams') });

  const [record = ''] = await readdir(join(folder, 'sysimage/desk/versions'));
  const reader = await referenceReader(scratch.at('reader'));
  await reader.readInto(scratch.at('theirs.img'), folder, 'desk', record.replace('.json', ''));
  await sameBytes(scratch.at('theirs.img'), scratch.at('ours.img'));
  await rm(folder, { recursive: true });
}, 60_000);
