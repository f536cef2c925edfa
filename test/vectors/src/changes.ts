import { runsOf, unpackObject, type Folder, type Run } from './folder.js';

/** What a vector changes in one object of its set. */
export interface Change {
  readonly object: string;
  /** Its new size; absent: it goes. Bytes that are new are zeros. */
  readonly size?: number;
  /** Bytes that take the place of those of the set. */
  readonly runs?: readonly Run[];
}

/** The set with the changes made. */
export function applyChanges(set: Folder, changes: readonly Change[]): Map<string, Uint8Array> {
  const changed = new Map(set);
  for (const { object, size, runs = [] } of changes) {
    changed.delete(object);
    if (size === undefined) continue;
    const bytes = new Uint8Array(size);
    bytes.set((set.get(object) ?? new Uint8Array(0)).subarray(0, size));
    for (const { at, hex, times = 1 } of runs)
      bytes.set(unpackObject({ size: (hex.length / 2) * times, runs: [{ at: 0, hex, times }] }), at);
    changed.set(object, bytes);
  }
  return changed;
}

/** What makes one folder of another. */
export function changesBetween(set: Folder, changed: Folder): readonly Change[] {
  const changes: Change[] = [];
  for (const object of [...new Set([...set.keys(), ...changed.keys()])].toSorted()) {
    const [before, after] = [set.get(object) ?? new Uint8Array(0), changed.get(object)];
    if (after === undefined) changes.push({ object });
    else {
      const same = new Uint8Array(after.length);
      same.set(before.subarray(0, after.length));
      const runs = runsOf(after, same);
      if (!set.has(object) || after.length !== before.length || runs.length > 0)
        changes.push({ object, size: after.length, runs });
    }
  }
  return changes;
}
