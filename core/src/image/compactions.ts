import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import { compactionRecordSchema, type CompactionRecord } from '../model/compaction-record.js';
import type { LayerEntry, VersionRecord } from '../model/version-record.js';
import { parseLayerName, type ComputerNames } from './names.js';
import { readFolder } from './read-stamped.js';

/** What is known of layers that take the place of several. */
export interface Compactions {
  /** Those that count; whose layers are there first, and oldest first. */
  readonly compactions: readonly CompactionRecord[];
  /** Records of compactions that cannot be read: nobody can tell which layers were replaced. */
  readonly lostCompactions: readonly { readonly id: string; readonly reason: string }[];
}

/** Reads the records of all compactions of a computer. */
export async function readCompactions(
  target: Target,
  names: ComputerNames,
  hasher: Hasher,
  options?: CallOptions,
): Promise<Compactions> {
  const compactions: CompactionRecord[] = [];
  const gone: CompactionRecord[] = [];
  const lostCompactions: { id: string; reason: string }[] = [];
  for (const [id, found] of await readFolder(target, names.compactions, compactionRecordSchema, hasher, options)) {
    if (typeof found === 'string') lostCompactions.push({ id, reason: found });
    else if (found.id !== id || !isAtHome(found, names))
      lostCompactions.push({ id, reason: `${names.compaction(id)} belongs somewhere else` });
    else if (await isThere(target, found.layer, options)) compactions.push(found);
    else gone.push(found);
  }
  const whole = [...compactions];
  for (const one of gone) if (await wasDone(target, one, whole, options)) compactions.push(one);
  return { compactions, lostCompactions };
}

/**
 * The layers of a list as they are now: where a compaction replaced some that follow one another, the merged one. Of several the one
 * that reaches furthest counts. Also of a list that is older than an earlier compaction of the same layers.
 */
export function compactedLayers(
  layers: readonly LayerEntry[],
  compactions: readonly Pick<CompactionRecord, 'layer'>[],
): readonly LayerEntry[] {
  const now: LayerEntry[] = [];
  for (let i = 0; i < layers.length; i += 1) {
    let [entry, end] = [layers[i], i];
    for (const { layer } of compactions) {
      if (layer.base !== layers[i]?.base) continue;
      const last = endOf(layers, i, layer.run);
      if (last > end) [entry, end] = [layer, last];
    }
    if (entry !== undefined) now.push(entry);
    i = end;
  }
  return now;
}

/** The version with its layers as they are now. */
export function compactedVersion(version: VersionRecord, compactions: readonly CompactionRecord[]): VersionRecord {
  if (compactions.length === 0) return version;
  return {
    ...version,
    disks: version.disks.map((disk) => {
      const own = compactions.filter(({ key, image }) => key === disk.key && image === disk.image.name);
      return own.length === 0 ? disk : { ...disk, layers: [...compactedLayers(disk.layers, own)] };
    }),
  };
}

/** What is replaced is in the folder of its disk, under the name that says what it reaches over. */
function isAtHome({ key, layer }: CompactionRecord, names: ComputerNames): boolean {
  const { base, run } = parseLayerName(layer.name) ?? {};
  return layer.name.startsWith(`${names.folder}/disk-${key}/layers/`) && base === layer.base && run === layer.run;
}

/** Where the layer of this run is, if all from `start` up to it follow one another; `start` if not. */
function endOf(layers: readonly LayerEntry[], start: number, run: string): number {
  for (let i = start; i < layers.length; i += 1) {
    if (layers[i]?.run === run) return i;
    if (layers[i]?.run !== layers[i + 1]?.base) break;
  }
  return start;
}

/**
 * Of a record whose layer is not there. While all that it replaces is there, or was replaced by others, it was put by somebody who had lost
 * the lease: the layer was swept away before, and nothing was given up for it.
 */
async function wasDone(
  target: Target,
  { key, image, replaces }: CompactionRecord,
  others: readonly CompactionRecord[],
  options?: CallOptions,
): Promise<boolean> {
  for (const entry of replaces) {
    const isCovered = others.some(
      (other) =>
        other.key === key && other.image === image && other.layer.base <= entry.base && other.layer.run >= entry.run,
    );
    if (!isCovered && !(await isThere(target, entry, options))) return true;
  }
  return false;
}

async function isThere(target: Target, { name, size }: LayerEntry, options?: CallOptions): Promise<boolean> {
  return ((await target.stat(name, options))?.size ?? -1) >= size;
}
