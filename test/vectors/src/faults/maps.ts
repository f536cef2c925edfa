import type { Draft } from '../draft.js';
import type { Fault, Outcome } from '../fault.js';

const set = 'in-place';
const firstCorrupt: readonly Outcome[] = ['corrupt', 'restores', 'restores'];

/** The image map of the first version: 64 bytes, runs of 12 bytes, digests. */
const mapOf = (draft: Draft): string => draft.name('.map', 0);
/** Its allocation map, which the third version shares. */
const allocationOf = (draft: Draft): string => draft.name('.allocation', 0);

/** Changes a map; every digest of it fits. */
function map(name: string, what: string, change: (view: DataView, draft: Draft) => void): Fault {
  const plant = (draft: Draft): void => {
    change(draft.view(mapOf(draft)), draft);
    draft.mendMap(mapOf(draft));
  };
  return { name: `map-${name}`, set, what, plant, outcomes: firstCorrupt };
}

function allocation(name: string, what: string, change: (view: DataView, draft: Draft) => void): Fault {
  const plant = (draft: Draft): void => {
    change(draft.view(allocationOf(draft)), draft);
    draft.mendMap(allocationOf(draft));
  };
  return { name: `allocation-${name}`, set, what, plant, outcomes: firstCorrupt };
}

/** Faults of image maps and allocation maps. */
export const mapFaults: readonly Fault[] = [
  {
    name: 'map-flipped',
    set,
    what: 'one bit of a map is another',
    plant: (draft) => draft.flip(mapOf(draft), 300),
    outcomes: firstCorrupt,
  },
  {
    name: 'map-missing',
    set,
    what: 'a map is not there',
    plant: (draft) => draft.remove(mapOf(draft)),
    outcomes: firstCorrupt,
  },
  {
    name: 'map-cut',
    set,
    what: 'a map lacks its last byte',
    plant: (draft) => draft.resize(mapOf(draft), draft.bytes(mapOf(draft)).length - 1),
    outcomes: firstCorrupt,
  },
  {
    name: 'map-own-digest',
    set,
    what: 'the digest inside a map is wrong, that in the record fits',
    plant: (draft) => {
      draft.flip(mapOf(draft), 32);
      draft.mendMap(mapOf(draft), { inside: false });
    },
    outcomes: ['either', 'restores', 'restores'],
  },
  map('unknown-version', 'a map of the kind SYSIMGM2', (_, draft) => draft.text(mapOf(draft), 7, '2')),
  map('other-shard', 'the map of another GiB', (view) => view.setUint32(8, 1, true)),
  map('too-many-grains', 'more grains than a GiB has', (view) => view.setUint32(12, 16_385, true)),
  map('too-few-grains', 'fewer grains than its runs', (view) => view.setUint32(12, 40, true)),
  map('no-grains', 'a map of nothing', (view) => view.setUint32(12, 0, true)),
  map('owners-without-bytes', 'a million owners in a file of a few bytes', (view) =>
    view.setUint32(16, 1_000_000, true),
  ),
  map('runs-without-bytes', 'four thousand million runs', (view) => view.setUint32(20, 0xffff_ffff, true)),
  map('overlapping-runs', 'the second run, of zeros, starts in the first', (view) => {
    view.setUint32(76, 0, true);
    view.setUint32(80, view.getUint32(80, true) + 1, true);
  }),
  map('empty-run', 'a run of no grains', (view) => view.setUint32(68, 0, true)),
  map('run-beyond-map', 'a run reaches behind the last grain', (view) => view.setUint32(68, 82, true)),
  map('unknown-kind', 'a run of the kind 3', (view) => view.setUint16(72, 3, true)),
  map('unknown-owner', 'a run belongs to an owner that is not there', (view) => view.setUint16(74, 1, true)),
  map('left-over', 'bytes behind the last digest', (_, draft) =>
    draft.resize(mapOf(draft), draft.bytes(mapOf(draft)).length + 32),
  ),
  map('lacks-a-digest', 'the last digest is not there', (_, draft) =>
    draft.resize(mapOf(draft), draft.bytes(mapOf(draft)).length - 32),
  ),
  map('lacks-a-grain', 'a grain of zeros that the version holds is in no run', (view) => {
    view.setUint32(76, 2, true);
    view.setUint32(80, view.getUint32(80, true) - 1, true);
  }),
  {
    ...allocation('missing', '', () => undefined),
    what: 'an allocation map is not there; two versions share it',
    plant: (draft) => draft.remove(allocationOf(draft)),
  },
  allocation('unknown-version', 'an allocation map of the kind SYSIMGA2', (_, draft) =>
    draft.text(allocationOf(draft), 7, '2'),
  ),
  allocation('other-unit', 'counts in units of 256 bytes', (view) => view.setUint32(12, 256, true)),
  allocation('no-unit', 'counts in units of nothing', (view) => view.setUint32(12, 0, true)),
  allocation('too-many-runs', 'more runs than numbers', (view) => view.setUint32(8, 2, true)),
  allocation('too-few-runs', 'numbers are left over', (view) => view.setUint32(8, 0, true)),
  allocation('beyond-disk', 'a run reaches behind the end of the disk', (view) =>
    view.setUint8(66, view.getUint8(66) + 1),
  ),
  allocation('endless-number', 'a number has no last byte', (view) => view.setUint8(66, 0x80)),
];
