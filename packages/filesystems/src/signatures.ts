import type { ByteView } from '@sysimage/bytes';
import { fileSystem, type FileSystem, type FileSystemType, type Findings } from './file-system.js';
import { knownContainers } from './known-containers.js';
import { knownSignatures, type KnownSignature } from './known-signatures.js';
import { lvmPool } from './lvm.js';
import { mdSignature } from './md.js';
import { hexField } from './text.js';
import type { Volume } from './volume.js';
import { isZfs } from './zfs.js';

export interface Signature {
  readonly found: FileSystem;
  /** It holds other volumes (encrypted, joined, cut up), so what seems to lie inside is not a file system of its own. */
  readonly wraps: boolean;
  /** Counts only when nothing else is found. */
  readonly isWeak: boolean;
}

/** Everything on the volume that is known here by its marks alone, containers first. */
export async function findSignatures(volume: Volume, head: ByteView): Promise<readonly Signature[]> {
  const signatures: Signature[] = [];
  const add = (type: FileSystemType, details: Omit<Findings, 'type'>, wraps = false, isWeak = false) =>
    signatures.push({ wraps, isWeak, found: fileSystem({ noMapReason: noMap, ...details, type }) });
  const md = await mdSignature(volume);
  if (md !== undefined) add('md', md, true);
  for (const signature of [...knownContainers, ...knownSignatures]) {
    const { type, wraps, isWeak, details } = signature;
    if (!(await isThere(volume, head, signature))) continue;
    const { value } = await volume.attempt(async () => details?.(head));
    const pool = type === 'lvm' ? (await volume.attempt(() => lvmPool(volume, head))).value : undefined;
    add(type, { ...sane(value ?? {}), ...(pool === undefined ? {} : { pool }) }, wraps, isWeak);
  }
  if (await isZfs(volume)) add('zfs', {}, false, true);
  return signatures;
}

async function isThere(volume: Volume, head: ByteView, { marks, isRight }: KnownSignature): Promise<boolean> {
  for (const { at, text, bytes } of marks) {
    if (await isAt(volume, head, at < 0 ? volume.size + at : at, bytes ?? text ?? [])) {
      return isRight === undefined || (await volume.attempt(async () => isRight(head))).value === true;
    }
  }
  return false;
}

/** Nothing here has a checksum that was looked at, so numbers may be nonsense. */
function sane({ unitSize, size, ...details }: Omit<Findings, 'type'>): Omit<Findings, 'type'> {
  const isSane = (value: number | undefined) => Number.isSafeInteger(value) && value !== 0;
  return {
    ...details,
    unitSize: isSane(unitSize) ? unitSize : undefined,
    size: isSane(size) ? size : undefined,
  };
}

const noMap = 'its allocation map is not read here';

async function isAt(volume: Volume, head: ByteView, at: number, mark: string | readonly number[]): Promise<boolean> {
  if (mark.length === 0 || at < 0 || at + mark.length > volume.size) return false;
  const isInHead = at + mark.length <= head.length;
  const bytes = isInHead ? head.slice(at, mark.length) : await volume.read(at, mark.length);
  return typeof mark === 'string'
    ? String.fromCharCode(...bytes) === mark
    : hexField(bytes) === hexField(Uint8Array.from(mark));
}
