import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chunks, Host } from '@sysimage/core/plugin';

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
  const path = mkdtempSync(join(tmpdir(), 'sysimage-directory-'));
  return { path, cleanUp: () => rmSync(path, { recursive: true, force: true }) };
}

export function run(command: string, ...words: readonly string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export function imageFile(path: string, size: number): string {
  writeFileSync(path, '');
  truncateSync(path, size);
  return path;
}
