import { type ByteView, FormatError } from '@sysimage/bytes';
import { guidBytes, readGuid } from './guid.js';

const locatorType = 'b04aefb7-d19e-4a81-b789-25b8e9445913';
const entriesOffset = 20;
const entrySize = 12;
/** The specification has five keys; a file with very many more was not made by a program. */
const mostEntries = 64;

/** How a differencing file names its parent ([MS-VHDX] 2.6.2.6). Paths are as they stand there, nothing about them is checked. */
export interface VhdxParentLocator {
  /** 16 bytes: the parent's `dataWriteId`. */
  readonly parentId: Uint8Array;
  /** 16 bytes: another one that will do, while the parent is being merged. */
  readonly alternativeParentId: Uint8Array | undefined;
  readonly relativePath: string | undefined;
  readonly absolutePath: string | undefined;
  readonly volumePath: string | undefined;
}

/** Throws `FormatError`. */
export function decodeParentLocator(view: ByteView): VhdxParentLocator {
  const type = readGuid(view, 0);
  if (type !== locatorType) throw new FormatError('unsupported', `parent locators of type ${type}`);
  const count = view.u16le(18);
  if (count > mostEntries) throw view.corrupt(`${count} entries are too many`, 18);
  const values = new Map<string, string>();
  for (let at = entriesOffset; at < entriesOffset + count * entrySize; at += entrySize) {
    const key = utf16(view, view.u32le(at), view.u16le(at + 8));
    values.set(key, utf16(view, view.u32le(at + 4), view.u16le(at + 10)));
  }
  const parentId = guidBytes(values.get('parent_linkage') ?? '');
  if (parentId === undefined) throw view.corrupt('the parent is not named');
  return {
    parentId,
    alternativeParentId: guidBytes(values.get('parent_linkage2') ?? ''),
    relativePath: values.get('relative_path'),
    absolutePath: values.get('absolute_win32_path'),
    volumePath: values.get('volume_path'),
  };
}

function utf16(view: ByteView, offset: number, size: number): string {
  const units: string[] = [];
  for (let at = offset; at + 1 < offset + size; at += 2) units.push(String.fromCharCode(view.u16le(at)));
  return units.join('');
}
