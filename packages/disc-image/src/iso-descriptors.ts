import type { DiscIdentity } from './disc-identity.js';
import { both16, both32, rootRecord, type IsoTree } from './iso-tree.js';
import { latin1, sectorSize, sectorsOf, utf16be, viewOf } from './sector.js';

export interface PlacedTree {
  readonly tree: IsoTree;
  readonly start: number;
}

/** Sectors 16 to 21: the descriptors of ISO 9660 and Joliet, then the sequence that announces UDF (ECMA-167 2/9). */
export function volumeRecognition(
  identity: DiscIdentity,
  totalSectors: number,
  primary: PlacedTree,
  joliet: PlacedTree,
): Uint8Array {
  const bytes = new Uint8Array(6 * sectorSize);
  bytes.set(volumeDescriptor(identity, totalSectors, primary, false), 0);
  bytes.set(volumeDescriptor(identity, totalSectors, joliet, true), sectorSize);
  for (const [i, [type, id]] of (
    [
      [255, 'CD001'],
      [0, 'BEA01'],
      [0, 'NSR02'],
      [0, 'TEA01'],
    ] as const
  ).entries()) {
    const at = (2 + i) * sectorSize;
    bytes[at] = type;
    bytes.set(latin1(`${id}\x01`), at + 1);
  }
  return bytes;
}

// ECMA-119 8.4 and 8.5; Joliet is a supplementary descriptor with an escape sequence.
function volumeDescriptor(
  { volume, volumeSet, date, publisher }: DiscIdentity,
  totalSectors: number,
  { tree, start }: PlacedTree,
  joliet: boolean,
): Uint8Array {
  const bytes = new Uint8Array(sectorSize);
  const view = viewOf(bytes);
  const text = (offset: number, length: number, value: string): void => {
    const space = joliet ? utf16be(' '.repeat(length >> 1)) : latin1(' '.repeat(length));
    bytes.set(space, offset);
    bytes.set(joliet ? utf16be(value.slice(0, length >> 1)) : latin1(dCharacters(value).slice(0, length)), offset);
  };
  bytes[0] = joliet ? 2 : 1;
  bytes.set(latin1('CD001\x01'), 1);
  text(8, 32, '');
  text(40, 32, volume);
  both32(view, 80, totalSectors);
  // `%/E`: UCS-2 level 3.
  if (joliet) bytes.set(latin1('%/E'), 88);
  both16(view, 120, 1);
  both16(view, 124, 1);
  both16(view, 128, sectorSize);
  both32(view, 132, tree.pathTableSize);
  view.setUint32(140, start, true);
  view.setUint32(148, start + sectorsOf(tree.pathTableSize), false);
  bytes.set(rootRecord(tree, start, date), 156);
  text(190, 128, volumeSet);
  text(318, 128, publisher);
  text(446, 128, publisher);
  text(574, 128, publisher);
  for (const offset of [702, 739, 776]) text(offset, 37, '');
  const never = latin1(`${'0'.repeat(16)}\0`);
  const recorded = latin1(`${date.toISOString().replaceAll(/\D/gu, '').slice(0, 16)}\0`);
  for (const [i, when] of [recorded, recorded, never, recorded].entries()) bytes.set(when, 813 + 17 * i);
  bytes[881] = 1;
  return bytes;
}

/** ECMA-119 7.4.1: capitals, digits and `_`. */
function dCharacters(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z0-9_]/gu, '_');
}
