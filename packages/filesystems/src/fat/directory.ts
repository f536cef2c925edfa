import type { ByteView } from '@sysimage/bytes';
import type { NamedNode } from '../files/file-tree.js';

/** What a name in a FAT directory stands for. */
export interface FatNode {
  readonly kind: 'file' | 'directory';
  /** The first one of its chain; 0 for an empty file and for the root directory. */
  readonly cluster: number;
  readonly size: number;
}

const entrySize = 32;
const charactersPerEntry = 13;
const places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
const maxLongEntries = 20;
const attributes = { label: 0x08, directory: 0x10, long: 0x0f } as const;

/** The files and directories that a directory names: by the long name where there is one, and by the short one. */
export function* directoryEntries(view: ByteView): Generator<NamedNode<FatNode>> {
  let long: { readonly text: string; readonly left: number; readonly checksum: number } | undefined;
  for (let at = 0; at + entrySize <= view.length; at += entrySize) {
    const entry = view.view(at, entrySize);
    const first = entry.u8(0);
    if (first === 0) return;
    const kind = entry.u8(11);
    if (first !== 0xe5 && (kind & attributes.long) === attributes.long) {
      long = withLongEntry(long, entry);
      continue;
    }
    const whole = long?.left === 0 && long.checksum === checksum(entry) ? long.text : undefined;
    long = undefined;
    if (first === 0xe5 || first === 0x2e || (kind & attributes.label) !== 0) continue;
    const isDirectory = (kind & attributes.directory) !== 0;
    const node: FatNode = {
      kind: isDirectory ? 'directory' : 'file',
      cluster: entry.u16le(20) * 65536 + entry.u16le(26),
      size: isDirectory ? 0 : entry.u32le(28),
    };
    if (whole !== undefined) yield { name: whole, node };
    yield { name: shortName(entry), isAlias: whole !== undefined, node };
  }
}

/** Long names stand before their short one, last part first. */
function withLongEntry(
  long: { readonly text: string; readonly left: number; readonly checksum: number } | undefined,
  entry: ByteView,
): { readonly text: string; readonly left: number; readonly checksum: number } | undefined {
  const order = entry.u8(0);
  const number = order & 0x3f;
  if (number === 0 || number > maxLongEntries) return undefined;
  const isFirst = (order & 0x40) !== 0;
  if (!isFirst && (long?.left !== number || long.checksum !== entry.u8(13))) return undefined;
  let text = '';
  for (let i = 0; i < charactersPerEntry; i += 1) {
    const unit = entry.u16le(places[i] ?? 0);
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return { text: text + (isFirst ? '' : (long?.text ?? '')), left: number - 1, checksum: entry.u8(13) };
}

/** Of the short name that a long one belongs to. */
function checksum(entry: ByteView): number {
  return entry.slice(0, 11).reduce((sum, byte) => (((sum & 1) << 7) + (sum >>> 1) + byte) & 0xff, 0);
}

/** Bytes 80 to FF of code page 850. Which page a short name is in is not recorded; Western Europe's is the likeliest. */
const upperHalf =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐' +
  '└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0';

/** Eight and three characters. */
function shortName(entry: ByteView): string {
  const text = Array.from(entry.slice(0, 11), (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : (upperHalf[byte - 0x80] ?? ''),
  ).join('');
  // Windows NT has marks for names in lower case.
  const lower = entry.u8(12);
  const part = (raw: string, mark: number) => ((lower & mark) === 0 ? raw.trimEnd() : raw.trimEnd().toLowerCase());
  // 05 stands for E5, which would mean a deleted entry.
  const name = part(text.startsWith('\u0005') ? `Õ${text.slice(1, 8)}` : text.slice(0, 8), 8);
  const extension = part(text.slice(8), 16);
  return extension === '' ? name : `${name}.${extension}`;
}
