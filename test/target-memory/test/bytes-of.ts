import type { Chunks } from '@sysimage/core/plugin';

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export function chunksOf(...parts: readonly Uint8Array[]): Chunks {
  return async function* chunks() {
    yield* parts;
  };
}

export async function collect(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all).toString();
}
