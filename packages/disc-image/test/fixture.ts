import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadAt } from '@sysimage/bytes';
import { layOutDisc, openDisc, readerOf, type DiscIdentity } from '../src/index.js';

export const identity: DiscIdentity = {
  volume: 'SYSIMG_0123ABCD_0002',
  volumeSet: '01234567-89ab-cdef-0123-456789abcdef',
  sequence: 2,
  date: new Date('2024-02-29T12:34:56.780Z'),
  publisher: 'SYSIMAGE',
  systemArea: new TextEncoder().encode('SYSTEM AREA\n'),
};

export interface Content {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Bytes that differ at every place and from seed to seed. */
export function pattern(size: number, seed: number): Uint8Array {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

export async function joined(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

export async function imageOf(contents: readonly Content[], about: DiscIdentity = identity): Promise<Buffer> {
  const layout = layOutDisc(
    contents.map(({ path, bytes }) => ({ path, size: bytes.length })),
    about,
  );
  const image = await joined(
    layout.bytes(async function* open(_, index) {
      const bytes = contents[index]?.bytes ?? new Uint8Array();
      yield bytes.subarray(0, 1000);
      yield bytes.subarray(1000);
    }),
  );
  if (image.length !== layout.size) throw new Error(`${image.length} bytes instead of ${layout.size}`);
  return image;
}

export function readerOfImage(image: Uint8Array): ReadAt {
  return async (offset, length) => {
    if (offset + length > image.length) throw new Error(`read beyond the end: ${offset} ${length}`);
    return image.slice(offset, offset + length);
  };
}

/** Path and bytes of every file, as our reader finds them. */
export async function contentsOf(image: Uint8Array): Promise<Map<string, Buffer>> {
  const read = readerOfImage(image);
  const { files } = await openDisc(read, image.length);
  const found = new Map<string, Buffer>();
  for (const file of files) found.set(file.path, Buffer.from(await readerOf(read, file)(0, file.size)));
  return found;
}

/** Makes everything that announces UDF unreadable. */
export function withoutUdf(image: Buffer): Buffer {
  const copy = Buffer.from(image);
  copy.fill(0, 256 * 2048, 257 * 2048);
  copy.fill(0, copy.length - 2048);
  return copy;
}

export function temporaryFolder(): { readonly path: string; cleanUp(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sysimage-disc-'));
  return { path, cleanUp: () => rmSync(path, { recursive: true, force: true }) };
}

export function run(command: string, ...words: readonly string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
