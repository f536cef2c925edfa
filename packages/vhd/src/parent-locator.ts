import { ByteView, type ReadAt } from '@sysimage/bytes';
import type { ParentFields } from './parent-fields.js';

/** How a differencing file names its parent. Paths are as they stand there, nothing about them is checked. */
export interface VhdParentLocator {
  /** 16 bytes: the parent's own. */
  readonly uuid: Uint8Array;
  /** When the parent's file was last changed. */
  readonly modifiedAt: Date;
  readonly name: string;
  /** `W2ku` and `Wi2k` are absolute, `W2ru` and `Wi2r` relative paths of Windows, `MacX` is a URL. */
  readonly paths: readonly { readonly platform: string; readonly path: string }[];
}

/** No path is longer; what claims to be is not worth the memory. */
const largestPath = 65536;

/** How each system writes its paths; there are no others. */
const encodings: ReadonlyMap<string, 'utf-16le' | 'latin1' | 'utf-8'> = new Map([
  ['W2ku', 'utf-16le'],
  ['W2ru', 'utf-16le'],
  ['Wi2k', 'latin1'],
  ['Wi2r', 'latin1'],
  ['MacX', 'utf-8'],
]);

/** Reads the paths behind the fields of a dynamic header. A path that makes no sense is left out, and `problems` says so. */
export async function readParentLocator(
  read: ReadAt,
  fields: ParentFields,
  payloadEnd: number,
  problems: string[],
): Promise<VhdParentLocator> {
  const paths: { platform: string; path: string }[] = [];
  for (const entry of fields.locators) {
    const encoding = encodings.get(entry.platform);
    if (encoding === undefined) continue;
    const { platform, offset, size } = entry;
    if (size > largestPath || !(offset + size <= payloadEnd)) {
      problems.push(`the ${platform} path of the parent lies outside the file`);
      continue;
    }
    const bytes = await read(offset, size);
    paths.push({ platform, path: decodePath(bytes, encoding) });
  }
  const { uuid, modifiedAt, name } = fields;
  return { uuid, modifiedAt, name, paths };
}

function decodePath(bytes: Uint8Array, encoding: 'utf-16le' | 'latin1' | 'utf-8'): string {
  const text =
    encoding === 'latin1'
      ? new ByteView(bytes, 'path').latin1(0, bytes.length)
      : new TextDecoder(encoding).decode(bytes);
  return text.replace(/\0[^]*$/u, '');
}

/** A path as Windows keeps it. Throws `RangeError` when it needs more than `largest` bytes. */
export function encodePath(path: string, largest: number): Uint8Array {
  if (path.length * 2 > largest) throw new RangeError(`a path of ${path.length} characters is too long`);
  const bytes = new Uint8Array(path.length * 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < path.length; index += 1) view.setUint16(index * 2, path.charCodeAt(index), true);
  return bytes;
}
