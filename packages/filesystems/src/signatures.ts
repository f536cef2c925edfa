import type { ByteView } from '@sysimage/bytes';
import { fileSystem, type FileSystem, type FileSystemType, type Findings } from './file-system.js';
import { knownSignatures } from './known-signatures.js';
import { mdSignature } from './md.js';
import { hexField } from './text.js';
import type { Volume } from './volume.js';

export interface Signature {
  readonly found: FileSystem;
  /** It holds other volumes (encrypted, joined, cut up), so what seems to lie inside is not a file system of its own. */
  readonly wraps: boolean;
}

/** Everything on the volume that is known here by its marks alone, containers first. */
export async function findSignatures(volume: Volume, head: ByteView): Promise<readonly Signature[]> {
  const signatures: Signature[] = [];
  const add = (type: FileSystemType, wraps: boolean, details: Omit<Findings, 'type'>) =>
    signatures.push({ wraps, found: fileSystem({ noMapReason: noMap, ...details, type }) });
  const md = await mdSignature(volume);
  if (md !== undefined) add('md', true, md);
  for (const { type, wraps, marks, details } of knownSignatures) {
    if (!marks.some(({ at, text, bytes }) => isAt(head, at, bytes ?? text ?? []))) continue;
    const { value } = await volume.attempt(async () => details?.(head));
    add(type, wraps === true, sane(value ?? {}));
  }
  return signatures;
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

function isAt(head: ByteView, at: number, mark: string | readonly number[]): boolean {
  if (mark.length === 0 || at + mark.length > head.length) return false;
  return typeof mark === 'string'
    ? head.latin1(at, mark.length) === mark
    : hexField(head.slice(at, mark.length)) === hexField(Uint8Array.from(mark));
}
