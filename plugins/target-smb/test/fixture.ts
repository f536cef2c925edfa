import { randomBytes } from 'node:crypto';
import { completeTarget, type Chunks, type Host, type OpenPurpose, type Target } from '@sysimage/core/plugin';
import { openShare } from '../src/index.js';
import { smbOptions } from '../src/options.js';
import { sambaPassword, type Samba } from '@sysimage/fixtures';

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
  disksBelow: async () => ({ known: true, disks: [] }),
  requestMedium: async () => {},
};

/** A target on the server's share `data`. */
export async function openOn(
  samba: Pick<Samba, 'port' | 'user'>,
  more: Readonly<Record<string, unknown>> = {},
  purpose: OpenPurpose = 'write',
): Promise<Target<'random' | 'capacity'>> {
  const options = smbOptions.parse({
    host: '127.0.0.1',
    port: samba.port,
    share: 'data',
    user: samba.user,
    password: sambaPassword,
    ...more,
  });
  return completeTarget<'random' | 'capacity'>(await openShare(options, host, purpose));
}
