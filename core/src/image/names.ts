import { isObjectName, objectName, type ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import { toHex } from './grain.js';
import type { ImageKind } from './image-format.js';

const root = 'sysimage';

/** Folder of a computer: its lower-cased name, other characters `-`, and a short hash when more than case was changed. */
export function computerFolder(name: string, hasher: Hasher): string {
  const lower = name.toLowerCase();
  const plain = lower
    .replace(/[^a-z0-9._-]/gu, '-')
    .replace(/^[^a-z0-9]+/u, '')
    .replace(/\.+$/u, '')
    .slice(0, 48);
  if (plain === lower && plain !== '' && isObjectName(plain)) return plain;
  const hash = toHex(hasher.digest(new TextEncoder().encode(lower))).slice(0, 8);
  return plain === '' || !isObjectName(plain) ? `computer-${hash}` : `${plain}-${hash}`;
}

/** Spells the names of all objects of one computer. Nobody else does. */
export function computerNames(folder: string) {
  const at = (...rest: readonly string[]): ObjectName => objectName(root, folder, ...rest);
  return {
    folder: at(),
    computer: at('computer.json'),
    /** Room that is set aside: it goes when a target is full. */
    ballast: at('ballast'),
    versions: at('versions'),
    version: (id: string) => at('versions', `${id}.json`),
    runs: at('runs'),
    run: (id: string) => at('runs', `${id}.json`),
    compactions: at('compactions'),
    compaction: (id: string) => at('compactions', `${id}.json`),
    leases: at('leases'),
    lease: (token: string) => at('leases', `${token}.json`),
    disk: (key: string) => at(`disk-${key}`),
    firstImage: (key: string, kind: ImageKind) => at(`disk-${key}`, `image.${kind}`),
    image: (key: string, run: string, kind: ImageKind) => at(`disk-${key}`, `image-${run}.${kind}`),
    layer: (key: string, base: string, run: string) => at(`disk-${key}`, 'layers', `${base}-${run}.layer`),
    /** `compaction`: id of the one that merges it. No other layer has this name, whoever else is at work. */
    mergedLayer: (key: string, base: string, run: string, compaction: string) =>
      at(`disk-${key}`, 'layers', `${base}-${run}-${compaction.slice(-4)}.layer`),
    layers: (key: string) => at(`disk-${key}`, 'layers'),
    maps: (key: string) => at(`disk-${key}`, 'maps'),
    shard: (key: string, run: string, shard: number) =>
      at(`disk-${key}`, 'maps', `${run}-${String(shard).padStart(4, '0')}.map`),
    allocation: (key: string, run: string) => at(`disk-${key}`, 'maps', `${run}.allocation`),
  };
}
export type ComputerNames = ReturnType<typeof computerNames>;

export const rootPrefix = objectName(root);

/** Base and run in the name of a layer, and whether it is a merged one; `undefined` when it is not a layer. */
export function parseLayerName(name: string): { base: string; run: string; merged: boolean } | undefined {
  const match = /\/layers\/(\d{8}t\d{9}z-[0-9a-z]{4})-(\d{8}t\d{9}z-[0-9a-z]{4})(-[0-9a-z]{4})?\.layer$/u.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { base: match[1], run: match[2], merged: match[3] !== undefined };
}
