import type { Draft } from '../draft.js';
import type { Fault } from '../fault.js';

const set = 'compacted';

/** The layer that two became; only the first version is read through it. */
const mergedOf = (draft: Draft): string => draft.name('.layer', 0);
const recordOf = (draft: Draft): string =>
  [...draft.objects.keys()].find((name) => name.includes('/compactions/')) ?? 'none';

/** Changes the record of the compaction; its digest fits. */
function record(name: string, what: string, change: (text: string) => string): Fault {
  const plant = (draft: Draft): void => draft.reword(recordOf(draft), change);
  return { name: `compaction-${name}`, set, what, plant, outcomes: ['corrupt', 'restores', 'restores'] };
}

/** Faults of what a compaction leaves: records of versions name layers that are gone. */
export const compactionFaults: readonly Fault[] = [
  {
    name: 'compaction-layer-missing',
    set,
    what: 'the merged layer is gone',
    plant: (draft) => draft.remove(mergedOf(draft)),
    outcomes: ['corrupt', 'restores', 'restores'],
  },
  {
    name: 'compaction-layer-cut',
    set,
    what: 'the merged layer ends behind its header',
    plant: (draft) => draft.resize(mergedOf(draft), 4096),
    outcomes: ['corrupt', 'restores', 'restores'],
  },
  {
    name: 'compaction-layer-swapped',
    set,
    what: 'in the place of the merged layer lies the one behind it',
    plant: (draft) => draft.set(mergedOf(draft), draft.bytes(draft.name('.layer', 1)).slice()),
    outcomes: ['corrupt', 'restores', 'restores'],
  },
  {
    name: 'compaction-layer-flipped-grain',
    set,
    what: 'a bit of a grain of the merged layer is another one',
    plant: (draft) => {
      const [, batch = 0] = draft.batches(mergedOf(draft));
      draft.flip(mergedOf(draft), Number(draft.view(mergedOf(draft)).getBigUint64(batch + 16, true)) + 100);
    },
    outcomes: ['corrupt', 'restores', 'restores'],
  },
  {
    name: 'compaction-record-missing',
    set,
    what: 'the record of the compaction is gone',
    plant: (draft) => draft.remove(recordOf(draft)),
    outcomes: ['corrupt', 'restores', 'restores'],
  },
  {
    name: 'compaction-record-flipped',
    set,
    what: 'the record of the compaction cannot be read',
    plant: (draft) => draft.flip(recordOf(draft), 150),
    outcomes: ['corrupt', 'restores', 'restores'],
  },
  record('format', 'the record of the compaction is of a format that nobody knows', (text) =>
    text.replace('sysimage-compaction/1', 'sysimage-compaction/9'),
  ),
  record('of-another-image', 'the record of the compaction is of another image', (text) =>
    text.replace('image.vhd"', 'image-20260101t000000005z-ceqd.vhd"'),
  ),
  {
    name: 'compaction-late-record',
    set,
    what: 'there is one more record, whose layer was swept away: it reaches further, and does not count',
    plant: (draft) => {
      const late = recordOf(draft).replace(/[^/]+\.json$/u, '20260101t010000000z-aaaa.json');
      draft.set(late, draft.bytes(recordOf(draft)).slice());
      const [first, , last] = draft.ids;
      const [merged = '', behind = ''] = [0, 1].map((i) => draft.name('.layer', i));
      draft.reword(late, (text) => {
        const value: Late = JSON.parse(text);
        const over = { ...value.layer, name: merged.replace(/[^/]+$/u, `${first}-${last}.layer`), run: last };
        const next = { ...value.layer, name: behind, size: 1, base: value.layer.run, run: last };
        const wider = { ...value, id: '20260101t010000000z-aaaa', layer: over, replaces: [value.layer, next] };
        return `${JSON.stringify(wider, undefined, 2)}\n`;
      });
    },
    outcomes: 'restores',
  },
];

interface Late {
  readonly layer: { readonly run: string };
}
