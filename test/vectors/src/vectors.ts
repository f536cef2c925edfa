import { applyChanges, changesBetween, type Change } from './changes.js';
import { Draft } from './draft.js';
import type { Fault, Outcome } from './fault.js';
import { compactionFaults } from './faults/compactions.js';
import { imageFaults } from './faults/images.js';
import { layerFaults } from './faults/layers.js';
import { mapFaults } from './faults/maps.js';
import { openRunFaults } from './faults/open-runs.js';
import { recordFaults } from './faults/records.js';
import { vhdxFaults } from './faults/vhdx-images.js';
import type { Folder } from './folder.js';

/** One fault as data, as it is published. */
export interface Vector {
  readonly name: string;
  readonly set: string;
  readonly what: string;
  readonly changes: readonly Change[];
  /** What a reader must make of each version of the set, by id. */
  readonly versions: Readonly<Record<string, Outcome>>;
}

const faults: readonly Fault[] = [
  ...recordFaults,
  ...mapFaults,
  ...layerFaults,
  ...openRunFaults,
  ...compactionFaults,
  ...imageFaults,
  ...vhdxFaults,
];

/** Plants every fault in its set; and the sets themselves, with none. */
export function makeVectors(sets: ReadonlyMap<string, Folder>): readonly Vector[] {
  const sound = [...sets].map(([set]): Fault => ({
    name: `sound-${set}`,
    set,
    what: 'nothing is wrong',
    plant: () => undefined,
    outcomes: 'restores',
  }));
  return [...sound, ...faults].map(({ name, set, what, plant, outcomes }) => {
    const folder = sets.get(set) ?? new Map();
    const draft = new Draft(folder);
    plant(draft);
    const changes = changesBetween(folder, draft.objects);
    const versions = draft.ids.map((id, i) => [
      id,
      typeof outcomes === 'string' ? outcomes : (outcomes[i] ?? 'restores'),
    ]);
    return { name, set, what, changes, versions: Object.fromEntries(versions) };
  });
}

export function folderOf(vector: Vector, sets: ReadonlyMap<string, Folder>): Map<string, Uint8Array> {
  return applyChanges(sets.get(vector.set) ?? new Map(), vector.changes);
}
