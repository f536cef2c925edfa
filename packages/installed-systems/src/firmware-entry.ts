import { ByteView } from '@sysimage/bytes';
import { guidOf, hexOf } from './guid.js';

/** A partition as the firmware names it. */
export type FirmwarePartition =
  /** GUID in upper case. */
  | { readonly scheme: 'gpt'; readonly partitionId: string }
  /** Signature of the disk, 8 hex digits; where it starts, in sectors. */
  | { readonly scheme: 'mbr'; readonly diskId: string; readonly firstSector: number };

/** What the firmware of a machine with UEFI can start. */
export interface FirmwareEntry {
  readonly title: string;
  /** The firmware tries it when nobody chooses. */
  readonly active: boolean;
  /** `undefined`: it starts something else than a file on a partition, such as a network card. */
  readonly partition: FirmwarePartition | undefined;
  /** Path of the program on the partition: `\EFI\debian\shimx64.efi`. */
  readonly file: string | undefined;
  /** What the program is given. */
  readonly data: Uint8Array;
}

const activeFlag = 1;
const headerSize = 6;
const nodeSize = 4;
const nodes = { media: 4, partition: 1, file: 4, end: 0x7f };
const partitionNodeSize = 42;
const signatures = { mbr: 1, guid: 2 };

/**
 * Reads the value of a variable `Boot####`: an `EFI_LOAD_OPTION` (UEFI specification 2.10, 3.1.3), of whose device paths the first is what is
 * started (10.3). Errors: `FormatError`.
 */
export function readFirmwareEntry(bytes: Uint8Array): FirmwareEntry {
  const view = new ByteView(bytes, 'firmware entry');
  const flags = view.u32le(0);
  const pathLength = view.u16le(4);
  const title = textAt(view, headerSize, view.length);
  const paths = view.view(headerSize + title.size, pathLength);
  const dataStart = headerSize + title.size + pathLength;
  const place = placeIn(paths);
  return {
    title: title.text,
    active: (flags & activeFlag) !== 0,
    ...place,
    data: view.slice(dataStart, view.length - dataStart).slice(),
  };
}

/** Reads the value of `BootOrder`, or of another variable that is a list of numbers of entries. Half a number at its end is passed over. */
export function readFirmwareOrder(bytes: Uint8Array): readonly number[] {
  const view = new ByteView(bytes, 'order of firmware entries');
  return Array.from({ length: Math.floor(bytes.length / 2) }, (_, index) => view.u16le(2 * index));
}

/** Nodes follow each other up to one that ends the path; hardware may be named in front of the partition. */
function placeIn(paths: ByteView): Pick<FirmwareEntry, 'partition' | 'file'> {
  let partition: FirmwarePartition | undefined;
  const files: string[] = [];
  for (let at = 0; at < paths.length;) {
    const [type, kind, length] = [paths.u8(at), paths.u8(at + 1), paths.u16le(at + 2)];
    if (length < nodeSize) throw paths.corrupt(`a node of ${length} bytes`, at);
    const node = paths.view(at, length);
    if (type === nodes.end) break;
    if (type === nodes.media && kind === nodes.partition) partition = partitionOf(node);
    if (type === nodes.media && kind === nodes.file) files.push(textAt(node, nodeSize, length).text);
    at += length;
  }
  // A path may lie in several nodes, each with or without a separator at its ends.
  const file = files.length === 0 ? undefined : files.join('\\').replaceAll(/\\{2,}/gu, '\\');
  return { partition, file };
}

function partitionOf(node: ByteView): FirmwarePartition | undefined {
  if (node.length < partitionNodeSize) throw node.corrupt(`a partition in ${node.length} bytes`);
  const kind = node.u8(41);
  if (kind === signatures.guid) return { scheme: 'gpt', partitionId: guidOf(node, 24) };
  if (kind !== signatures.mbr) return undefined;
  return { scheme: 'mbr', diskId: hexOf(node.u32le(24), 8), firstSector: node.u64le(8) };
}

/** UTF-16 up to a zero, which counts as part of it, or up to `end`. */
function textAt(view: ByteView, start: number, end: number): { readonly text: string; readonly size: number } {
  let at = start;
  while (at + 2 <= end && view.u16le(at) !== 0) at += 2;
  const text = new TextDecoder('utf-16le').decode(view.slice(start, at - start));
  return { text, size: Math.min(at + 2, end) - start };
}
