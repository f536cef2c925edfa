import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeTarget, objectName, type Chunks, type Host, type Target } from '@sysimage/core/plugin';
import { openOptical } from '../src/index.js';

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export function chunksOf(...parts: readonly Uint8Array[]): Chunks {
  return async function* chunks() {
    yield* parts;
  };
}

export async function joined(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

export async function namesOf(parts: AsyncIterable<{ readonly name: string }>): Promise<string[]> {
  const all: string[] = [];
  for await (const part of parts) all.push(part.name);
  return all;
}

export const host: Host = {
  now: () => new Date(),
  log: () => {},
  random: (length) => randomBytes(length),
  disksBelow: async () => ({ known: true, disks: [{ id: 'sysfs:8:0', name: '/dev/sda', dynamic: 'no' }] }),
  requestMedium: async () => {},
};

/** A folder that is gone after `cleanUp`. */
export function temporaryFolder(): { readonly path: string; cleanUp(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sysimage-optical-'));
  return { path, cleanUp: () => rmSync(path, { recursive: true, force: true }) };
}

export function run(command: string, ...words: readonly string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export const discSize = 4 * 2 ** 20;

export type OpticalTarget = Target<'batch' | 'media'>;

export async function opened(folder: string, capacity = discSize, machine = host): Promise<OpticalTarget> {
  const options = { folder, capacity, singleVersion: true };
  return completeTarget<'batch' | 'media'>(await openOptical(options, machine, 'write'));
}

/** Bytes that differ at every place and from seed to seed. */
export function pattern(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let i = 0; i < size; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Larger than two discs, smaller than one, and empty. */
export const samples = [
  { name: objectName('sysimage', 'desk', 'large.vhd'), bytes: pattern(9_000_001, 1) },
  { name: objectName('sysimage', 'desk', 'empty'), bytes: Buffer.alloc(0) },
  { name: objectName('sysimage', 'desk', 'record.json'), bytes: pattern(3000, 2) },
] as const;

export async function putSamples(target: OpticalTarget, id = 'run'): Promise<void> {
  const batch = await target.facets.batch.begin({ id, label: 'desk today', size: 10_000_000 });
  for (const { name, bytes } of samples) await batch.put(name, bytes.length, chunksOf(bytes));
  await batch.commit();
}

export async function whole(target: OpticalTarget, { name, bytes }: (typeof samples)[number]): Promise<Buffer> {
  return joined(target.get(name, { start: 0, end: bytes.length }));
}

export function discsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.iso'))
    .toSorted();
}
