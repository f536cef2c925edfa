import type { Draft } from '../draft.js';
import type { Fault } from '../fault.js';

const set = 'open-run';

/** What the third version is losing to the run that was cut. */
const layerOf = (draft: Draft): string => draft.name('.layer', 2);
const markOf = (draft: Draft): string => draft.name('.json', 1);

/** Changes head or table of the batch with grains; its digest fits. */
function batch(name: string, what: string, change: (view: DataView, at: number, draft: Draft) => void): Fault {
  const plant = (draft: Draft): void => {
    const [, at = 0] = draft.batches(layerOf(draft));
    change(draft.view(layerOf(draft)), at, draft);
    draft.mendBatch(layerOf(draft), at);
  };
  return { name: `batch-${name}`, set, what, plant, outcomes: 'corrupt' };
}

/** Faults beside a run that was cut. One grain of it has reached the image already: without the batch it is lost to all versions. */
export const openRunFaults: readonly Fault[] = [
  {
    name: 'run-mark-missing',
    set,
    what: 'the mark of the run is gone: the layer tells of it',
    plant: (draft) => draft.remove(markOf(draft)),
    outcomes: 'restores',
  },
  {
    name: 'run-mark-flipped',
    set,
    what: 'the mark of the run cannot be read',
    plant: (draft) => draft.flip(markOf(draft), 150),
    outcomes: 'restores',
  },
  {
    name: 'run-torn-header',
    set,
    what: 'the header region of the image is half written: batch 0 has it as it was',
    plant: (draft) => draft.bytes(draft.name('.vhd')).fill(0x55, 0, 4096),
    outcomes: 'restores',
  },
  {
    name: 'run-layer-missing',
    set,
    what: 'the layer of the run is gone',
    plant: (draft) => draft.remove(layerOf(draft)),
    outcomes: 'corrupt',
  },
  {
    name: 'run-layer-without-header',
    set,
    what: 'the layer of the run is cut in its header',
    plant: (draft) => draft.resize(layerOf(draft), 1000),
    outcomes: 'corrupt',
  },
  {
    name: 'run-torn-payload',
    set,
    what: 'the last grain of the batch did not reach the medium, and was not overwritten in the image either',
    plant: (draft) => draft.resize(layerOf(draft), draft.bytes(layerOf(draft)).length - 65_536),
    outcomes: 'corrupt',
  },
  {
    name: 'run-unflushed-payload',
    set,
    what: 'the last grain of the batch is zeros, and was not overwritten in the image either',
    plant: (draft) => draft.bytes(layerOf(draft)).fill(0, draft.bytes(layerOf(draft)).length - 65_536),
    outcomes: 'restores',
  },
  {
    name: 'run-torn-batch-behind',
    set,
    what: 'half a batch follows the last one',
    plant: (draft) => {
      const [first = 0] = draft.batches(layerOf(draft));
      const { length } = draft.bytes(layerOf(draft));
      draft.resize(layerOf(draft), length + 4096);
      draft.bytes(layerOf(draft)).set(draft.bytes(layerOf(draft)).slice(first, first + 90), length);
    },
    outcomes: 'restores',
  },
  batch('sequence', 'a batch has the number 2, and follows number 0', (view, at) => view.setUint32(at + 8, 2, true)),
  batch('other-run', 'a batch is that of another run', (view, at) => view.setUint8(at + 32, 0x33)),
  batch('unknown-version', 'a batch of the kind SYSIMGB2', (_, at, draft) => draft.text(layerOf(draft), at + 7, '2')),
  batch('unknown-kind', 'an entry of the kind 3', (view, at) => view.setUint32(at + 96, 3, true)),
  {
    ...batch(
      'other-digest',
      'the digest of an entry is that of something else: maps say what a grain must be',
      (_, at, draft) => draft.bytes(layerOf(draft)).fill(7, at + 112, at + 144),
    ),
    outcomes: 'restores',
  },
  {
    name: 'batch-too-many-entries',
    set,
    what: 'a batch of four thousand million entries',
    plant: (draft) =>
      draft.view(layerOf(draft)).setUint32((draft.batches(layerOf(draft))[1] ?? 0) + 12, 0xffff_ffff, true),
    outcomes: 'corrupt',
  },
  {
    name: 'batch-flipped',
    set,
    what: 'one bit of the table of a batch is another',
    plant: (draft) => draft.flip(layerOf(draft), (draft.batches(layerOf(draft))[1] ?? 0) + 100),
    outcomes: 'corrupt',
  },
  {
    name: 'undoing-without-mark',
    set: 'undoing',
    what: 'the mark is gone: layers of deleted versions are found in the folder',
    plant: (draft) => draft.remove(markOf(draft)),
    outcomes: 'restores',
  },
  {
    name: 'undoing-upper-layer-missing',
    set: 'undoing',
    what: 'what the second version lost to the third is gone, and the first needs it',
    plant: (draft) => draft.remove(draft.name('.layer', 1)),
    outcomes: 'corrupt',
  },
];
