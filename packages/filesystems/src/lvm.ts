import { ByteView } from '@sysimage/bytes';
import type { Pool } from './file-system.js';
import type { Volume } from './volume.js';

const sector = 512;
const labelMark = 'LVM2 001';
const areaMark = ' LVM2 x[5A%r0N*>';
/** Pairs of offset and size that follow each other; a pair of zeros ends them. */
const mostAreas = 16;
/** Bytes of a description: groups of thousands of volumes have some hundred KiB. */
const longestText = 4 * 1024 * 1024;

/**
 * The group that a physical volume of LVM is of, by the text in its first area of metadata (LVM2, format_text). Errors: `FormatError`;
 * `undefined` when it has no such area, or is of no group.
 */
export async function lvmPool(volume: Volume, head: ByteView): Promise<Pool | undefined> {
  const label = [0, 1, 2, 3].map((index) => index * sector).find((at) => head.latin1(at + 24, 8) === labelMark);
  if (label === undefined) return undefined;
  // Identity and size come first, then where the data is, then where this is.
  let at = label + head.u32le(label + 20) + 40;
  for (let count = 0; count < mostAreas && head.u64le(at) !== 0; count += 1) at += 16;
  const start = head.u64le(at + 16);
  if (start === 0) return undefined;
  const area = new ByteView(await volume.read(start, sector), 'LVM metadata', start);
  if (area.latin1(4, areaMark.length) !== areaMark) throw area.corrupt('the mark is missing', 4);
  const [size, offset, length] = [area.u64le(32), area.u64le(40), area.u64le(48)];
  if (length === 0) return undefined;
  if (length > longestText || offset < sector || offset >= size) throw area.corrupt('its text makes no sense', 40);
  // It is written round and round.
  const first = Math.min(length, size - offset);
  const parts = [await volume.read(start + offset, first)];
  if (first < length) parts.push(await volume.read(start + sector, length - first));
  return poolIn(parts.map((part) => new TextDecoder('latin1').decode(part)).join(''));
}

/** `name { id = "…" … physical_volumes { pv0 { id = "…" … } … } … }` */
function poolIn(text: string): Pool | undefined {
  const [, id] = /\bid = "([\w-]{1,64})"/u.exec(text) ?? [];
  const begin = text.indexOf('physical_volumes {');
  if (id === undefined || begin < 0) return undefined;
  let [depth, members] = [0, 0];
  for (const [mark] of text.slice(begin).matchAll(/[{}]|"[^"]*"/gu)) {
    if (mark === '{') {
      depth += 1;
      if (depth === 2) members += 1;
    }
    if (mark === '}') {
      depth -= 1;
      if (depth === 0) break;
    }
  }
  return members < 2 ? undefined : { id, members };
}
