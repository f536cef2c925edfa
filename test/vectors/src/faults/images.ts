import type { Draft } from '../draft.js';
import type { Fault, Outcome } from '../fault.js';

const set = 'in-place';
const imageOf = (draft: Draft): string => draft.name('.vhd');
const endOf = (draft: Draft): number => draft.bytes(imageOf(draft)).length - 512;

const tableAt = 1536;
const [footerSize, headerSize] = [512, 1024];

/** Where a grain lies, by the table of the image. */
function placeOf(draft: Draft, grain: number): number {
  const sector = draft.view(imageOf(draft)).getUint32(tableAt + Math.floor(grain / 32) * 4);
  return sector * 512 + 512 + (grain % 32) * 65_536;
}

/** Changes the footer and its copy; their checksums fit. */
function footer(
  name: string,
  what: string,
  outcomes: Fault['outcomes'],
  change: (view: DataView, at: number) => void,
): Fault {
  const plant = (draft: Draft): void => {
    for (const at of [0, endOf(draft)]) {
      change(draft.view(imageOf(draft)), at);
      draft.mendVhd(imageOf(draft), at, footerSize, 64);
    }
  };
  return { name: `vhd-${name}`, set, what, plant, outcomes };
}

function header(
  name: string,
  what: string,
  outcomes: Fault['outcomes'],
  change: (view: DataView, at: number) => void,
): Fault {
  const plant = (draft: Draft): void => {
    change(draft.view(imageOf(draft)), footerSize);
    draft.mendVhd(imageOf(draft), footerSize, headerSize, 36);
  };
  return { name: `vhd-${name}`, set, what, plant, outcomes };
}

function table(
  name: string,
  what: string,
  outcomes: readonly Outcome[] | Outcome,
  change: (view: DataView) => void,
): Fault {
  return { name: `vhd-table-${name}`, set, what, plant: (draft) => change(draft.view(imageOf(draft))), outcomes };
}

/** Faults of VHDs. The second version holds nothing of the second partition, which fills most of block 1 and half of block 2. */
export const imageFaults: readonly Fault[] = [
  {
    name: 'image-missing',
    set,
    what: 'the image is not there',
    plant: (draft) => draft.remove(imageOf(draft)),
    outcomes: 'corrupt',
  },
  {
    name: 'image-flipped',
    set,
    what: 'one bit of a grain that all versions share is another',
    plant: (draft) => draft.flip(imageOf(draft), placeOf(draft, 16) + 9),
    outcomes: 'corrupt',
  },
  {
    name: 'image-flipped-newest',
    set,
    what: 'one bit of a grain of the newest version is another',
    plant: (draft) => draft.flip(imageOf(draft), placeOf(draft, 17) + 9),
    outcomes: ['restores', 'restores', 'corrupt'],
  },
  {
    name: 'image-flipped-retired',
    set,
    what: 'one bit of a grain that the second version does not hold is another',
    plant: (draft) => draft.flip(imageOf(draft), placeOf(draft, 48)),
    outcomes: ['corrupt', 'restores', 'corrupt'],
  },
  {
    name: 'image-cut',
    set,
    what: 'the file ends before the last grain of the disk',
    plant: (draft) => draft.resize(imageOf(draft), placeOf(draft, 80)),
    outcomes: 'corrupt',
  },
  {
    name: 'image-spare-bytes',
    set,
    what: 'space of a block that no version uses is not zeros',
    plant: (draft) => draft.text(imageOf(draft), placeOf(draft, 81), 'spare'),
    outcomes: 'restores',
  },
  {
    name: 'vhd-bitmap',
    set,
    what: 'bits of a bitmap are cleared',
    plant: (draft) => draft.bytes(imageOf(draft)).fill(0, placeOf(draft, 0) - 512, placeOf(draft, 0)),
    outcomes: 'restores',
  },
  {
    name: 'vhd-footer-flipped',
    set,
    what: 'the footer is broken, its copy is not',
    plant: (draft) => draft.flip(imageOf(draft), endOf(draft) + 3),
    outcomes: 'restores',
  },
  {
    name: 'vhd-copy-flipped',
    set,
    what: 'the copy of the footer is broken',
    plant: (draft) => draft.flip(imageOf(draft), 3),
    outcomes: 'either',
  },
  {
    name: 'vhd-no-footer',
    set,
    what: 'footer and copy are broken',
    plant: (draft) => [0, endOf(draft)].forEach((at) => draft.flip(imageOf(draft), at + 3)),
    outcomes: 'corrupt',
  },
  footer('version', 'the file format has version 2.0', 'unsupported', (view, at) =>
    view.setUint32(at + 12, 0x0002_0000),
  ),
  footer('type', 'a disk of the type 9', 'corrupt', (view, at) => view.setUint32(at + 60, 9)),
  footer('larger-disk', 'the disk is larger than the table', 'corrupt', (view, at) =>
    view.setBigUint64(at + 48, 2n ** 33n),
  ),
  footer('no-size', 'the disk has no bytes', 'corrupt', (view, at) => view.setBigUint64(at + 48, 0n)),
  footer('no-header', 'the dynamic header lies behind the end of the file', 'corrupt', (view, at) =>
    view.setBigUint64(at + 16, 2n ** 40n),
  ),
  header('header-cookie', 'the dynamic header has another cookie', 'corrupt', (view, at) => view.setUint8(at, 0x78)),
  header('block-size', 'blocks have three bytes', 'corrupt', (view, at) => view.setUint32(at + 32, 3)),
  header('far-table', 'the table lies behind the end of the file', 'corrupt', (view, at) =>
    view.setBigUint64(at + 16, 2n ** 41n),
  ),
  {
    name: 'vhd-header-checksum',
    set,
    what: 'the checksum of the dynamic header is wrong',
    plant: (draft) => draft.flip(imageOf(draft), 512 + 36),
    outcomes: 'either',
  },
  table('far', 'a block lies behind the end of the file', 'corrupt', (view) => view.setUint32(tableAt, 0x00ff_ffff)),
  table('at-start', 'a block lies over the header', 'corrupt', (view) => view.setUint32(tableAt, 0)),
  table('unallocated', 'a block with data has no place', 'corrupt', (view) => view.setUint32(tableAt, 0xffff_ffff)),
  table('twice', 'two blocks lie in one place', ['corrupt', 'either', 'corrupt'], (view) =>
    view.setUint32(tableAt + 4, view.getUint32(tableAt)),
  ),
  {
    name: 'sequential-flipped',
    set: 'sequential',
    what: 'one bit of the second image is another',
    plant: (draft) => draft.flip(draft.name('.vhd', 1), 8192 + 16 * 65_536 + 9),
    outcomes: ['restores', 'corrupt', 'restores'],
  },
  {
    name: 'sequential-missing',
    set: 'sequential',
    what: 'the second image is not there',
    plant: (draft) => draft.remove(draft.name('.vhd', 1)),
    outcomes: ['restores', 'corrupt', 'restores'],
  },
];
