import type { Draft } from '../draft.js';
import type { Fault, Outcome } from '../fault.js';

const set = 'in-place';
const firstCorrupt: readonly Outcome[] = ['corrupt', 'restores', 'restores'];

/** What the first version lost to the second. */
const layerOf = (draft: Draft): string => draft.name('.layer', 0);
const endMark = (draft: Draft): number => draft.bytes(layerOf(draft)).length - 64;

function header(name: string, what: string, change: (view: DataView, draft: Draft) => void): Fault {
  const plant = (draft: Draft): void => {
    change(draft.view(layerOf(draft)), draft);
    draft.mendLayerHeader(layerOf(draft));
  };
  return { name: `layer-${name}`, set, what, plant, outcomes: firstCorrupt };
}

/** Changes the index; the digest in the end mark fits. */
function index(name: string, what: string, change: (view: DataView, at: number) => void): Fault {
  const plant = (draft: Draft): void => {
    change(draft.view(layerOf(draft)), draft.index(layerOf(draft)).at);
    draft.mendIndex(layerOf(draft));
  };
  return { name: `layer-index-${name}`, set, what, plant, outcomes: firstCorrupt };
}

/** Faults of sealed layers. Without a valid end mark they are read batch by batch, and nothing is lost. */
export const layerFaults: readonly Fault[] = [
  {
    name: 'layer-missing',
    set,
    what: 'a layer that the newest record names is not there',
    plant: (draft) => draft.remove(layerOf(draft)),
    outcomes: firstCorrupt,
  },
  {
    name: 'layer-header-flipped',
    set,
    what: 'one bit of the header is another',
    plant: (draft) => draft.flip(layerOf(draft), 20),
    outcomes: firstCorrupt,
  },
  header('unknown-version', 'a layer of the kind SYSIMGL2', (_, draft) => draft.text(layerOf(draft), 7, '2')),
  header('grain-size', 'grains have 32768 bytes', (view) => view.setUint32(8, 32_768, true)),
  {
    name: 'layer-payload-flipped',
    set,
    what: 'one bit of a displaced grain is another',
    plant: (draft) => {
      const [, grains = 0] = draft.batches(layerOf(draft));
      draft.flip(layerOf(draft), Number(draft.view(layerOf(draft)).getBigUint64(grains + 16, true)) + 5);
    },
    outcomes: firstCorrupt,
  },
  {
    name: 'layer-without-end-mark',
    set,
    what: 'the last 64 bytes are gone',
    plant: (draft) => draft.resize(layerOf(draft), endMark(draft)),
    outcomes: 'restores',
  },
  {
    name: 'layer-end-mark-flipped',
    set,
    what: 'the end mark has another digest than the index',
    plant: (draft) => draft.flip(layerOf(draft), endMark(draft) + 40),
    outcomes: 'restores',
  },
  {
    name: 'layer-end-mark-far',
    set,
    what: 'the end mark names an index behind the end of the file',
    plant: (draft) => draft.view(layerOf(draft)).setBigUint64(endMark(draft) + 8, 2n ** 63n - 1n, true),
    outcomes: 'restores',
  },
  {
    name: 'layer-index-flipped',
    set,
    what: 'one bit of the index is another',
    plant: (draft) => draft.flip(layerOf(draft), draft.index(layerOf(draft)).at + 50),
    outcomes: 'restores',
  },
  index('unsorted', 'the first entry of the index is behind the others', (view, at) =>
    view.setUint32(at + 48, 80, true),
  ),
  index('count', 'the index has more entries than bytes', (view, at) => view.setUint32(at + 8, 1000, true)),
  index('other-run', 'the index is that of another run', (view, at) => view.setUint8(at + 16, 0x33)),
  index('far', 'an entry names bytes behind the end of the file', (view, at) =>
    view.setBigUint64(at + 56, 2n ** 40n, true),
  ),
  index('other-place', 'an entry names the bytes of something else', (view, at) =>
    view.setBigUint64(at + 56, 4096n, true),
  ),
  {
    name: 'layer-cut-in-payload',
    set,
    what: 'the file ends inside the last batch: what it displaced is lost',
    plant: (draft) =>
      draft.resize(
        layerOf(draft),
        Number(draft.view(layerOf(draft)).getBigUint64((draft.batches(layerOf(draft))[1] ?? 0) + 16, true)) + 30_000,
      ),
    outcomes: firstCorrupt,
  },
  {
    name: 'layer-of-another-version',
    set,
    what: 'the layer of the second version lies where that of the first should be',
    plant: (draft) => draft.set(layerOf(draft), draft.bytes(draft.name('.layer', 1))),
    outcomes: firstCorrupt,
  },
];
