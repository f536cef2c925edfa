import { randomBytes } from 'node:crypto';
import { createDisks } from '@sysimage/block-device';
import { completeTarget, objectName, type Host, type OpenPurpose, type Target } from '@sysimage/core/plugin';
import type { NtfsOptions } from '../src/options.js';
import { openNtfs } from '../src/open-ntfs.js';

const disks = createDisks();

export const host: Host = {
  now: () => new Date(),
  log: () => undefined,
  random: (length) => randomBytes(length),
  disksBelow: (path) => disks.disksBelow(path),
  requestMedium: () => Promise.resolve(),
};

export type NtfsTarget = Target<'random' | 'capacity'>;

/** Opens places with mounts below a folder of their own, and gives up at once where others read. */
export function opener(runFolder: string): (options: NtfsOptions, purpose?: OpenPurpose) => Promise<NtfsTarget> {
  return async (options, purpose = 'write') =>
    completeTarget<'random' | 'capacity'>(await openNtfs(options, host, purpose, { runFolder, patience: 0 }));
}

export const aName = objectName('a', 'object');

export async function putText(target: Target, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  await target.put(aName, bytes.byteLength, async function* chunks() {
    yield bytes;
  });
}

export async function textOn(target: Target): Promise<string> {
  const { size = 0 } = (await target.stat(aName)) ?? {};
  const parts: Uint8Array[] = [];
  for await (const part of target.get(aName, { start: 0, end: size })) parts.push(part);
  return Buffer.concat(parts).toString();
}
