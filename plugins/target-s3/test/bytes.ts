import { randomBytes } from 'node:crypto';
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

export interface LoggingHost extends Host {
  readonly events: string[];
}

export function createHost(now = () => new Date()): LoggingHost {
  const events: string[] = [];
  return {
    events,
    now,
    log: (event, fields) => void events.push(`${event} ${JSON.stringify(fields)}`),
    random: (length) => randomBytes(length),
    disksBelow: async () => ({ known: true, disks: [] }),
    requestMedium: async () => {},
  };
}
