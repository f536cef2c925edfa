import type { Hasher } from '../contract/services.js';
import type { CallOptions, ObjectStat, Target } from '../contract/target.js';
import {
  computerRecordSchema,
  runMarkSchema,
  versionRecordSchema,
  type ComputerRecord,
  type LayerEntry,
  type RunMark,
  type VersionRecord,
} from '../model/version-record.js';
import { objectName, type ObjectName } from '../contract/names.js';
import { compactedVersion, readCompactions, type Compactions } from './compactions.js';
import { computerNames, parseLayerName, rootPrefix, type ComputerNames } from './names.js';
import { readFolder, readStamped } from './read-stamped.js';

/** A version whose record is there but not to be trusted, or not to be understood. */
export interface LostVersion {
  readonly id: string;
  readonly reason: string;
}

/** What exists on a target for one computer. */
export interface Catalog extends Compactions {
  readonly names: ComputerNames;
  readonly folder: string;
  readonly computer: ComputerRecord | undefined;
  /** Complete versions, oldest first, with their layers as compactions left them. */
  readonly versions: readonly VersionRecord[];
  readonly lost: readonly LostVersion[];
  /** Runs that were cut or are going on: marked, and not committed. */
  readonly openRuns: readonly RunMark[];
  /** Marks of committed runs that nobody removed yet. */
  readonly staleRuns: readonly string[];
}

/** Folders of all computers on a target. */
export async function listComputers(target: Target, options?: CallOptions): Promise<readonly string[]> {
  const folders: string[] = [];
  let after: ObjectName | undefined;
  for (;;) {
    const list = target.list(rootPrefix, { ...options, ...(after === undefined ? {} : { after }) });
    const folder = await firstFolder(list, folders.at(-1));
    if (folder === undefined) return folders;
    folders.push(folder);
    // No name of ours in this folder sorts after a full segment of the last letter: one call for each computer, not for each object.
    after = objectName(rootPrefix, folder, 'z'.repeat(64));
  }
}

/** Reads everything there is to know, writing nothing. */
export async function readCatalog(
  target: Target,
  folder: string,
  hasher: Hasher,
  options?: CallOptions,
): Promise<Catalog> {
  const names = computerNames(folder);
  // Marks before records: a run that commits in between is then seen as committed, never as lost.
  const marks = await readFolder(target, names.runs, runMarkSchema, hasher, options);
  const records = await readFolder(target, names.versions, versionRecordSchema, hasher, options);
  // After the records: a layer that one of them names and that is gone by now, was replaced before.
  const compactions = await readCompactions(target, names, hasher, options);
  const versions: VersionRecord[] = [];
  const lost: LostVersion[] = [];
  for (const [id, found] of records) {
    if (typeof found === 'string') lost.push({ id, reason: found });
    else if (found.id !== id) lost.push({ id, reason: `its record says that it is ${found.id}` });
    else versions.push(compactedVersion(found, compactions.compactions));
  }
  const openRuns: RunMark[] = [];
  const staleRuns: string[] = [];
  for (const [id, mark] of marks) {
    if (records.has(id)) staleRuns.push(id);
    else if (typeof mark === 'string' || mark.run !== id)
      openRuns.push({ format: 'sysimage-run/1', run: id, startedAt: '', disks: [] });
    else openRuns.push(mark);
  }
  const computer = await readStamped(target, names.computer, computerRecordSchema, hasher, options);
  return {
    names,
    folder,
    computer: typeof computer === 'object' ? computer : undefined,
    versions,
    lost,
    openRuns,
    staleRuns,
    ...compactions,
  };
}

/** The oldest version that may still be wanted: also one whose record cannot be read now. */
export function oldestId({ versions, lost }: Pick<Catalog, 'versions' | 'lost'>, image: string): string | undefined {
  const holding = versions.filter(({ disks }) => disks.some((disk) => disk.image.name === image));
  return [...holding, ...lost].map(({ id }) => id).toSorted()[0];
}

/** The newest complete version that holds this image. */
export function newestOf(catalog: Catalog, image: ObjectName): VersionRecord | undefined {
  return catalog.versions.findLast((version) => version.disks.some((disk) => disk.image.name === image));
}

/** True of a merged layer that no compaction names: one that was cut left it, and whoever changes anything must not go by it. */
export function isStray({ compactions }: Pick<Catalog, 'compactions'>, name: string): boolean {
  return parseLayerName(name)?.merged === true && compactions.every(({ layer }) => layer.name !== name);
}

/** A layer that a version must be read through. */
export interface ChainLink {
  readonly name: ObjectName;
  readonly base: string;
  readonly run: string;
  /** What its version recorded; absent while its run is open. */
  readonly entry: LayerEntry | undefined;
}

/**
 * The layers through which a version of an in-place image is read, its own first, the newest last; then comes the image.
 *
 * The newest record lists them all. One more may lie on the target: the layer of an open run, or what a rolled-back run left.
 * Reading through the latter is harmless, because it holds what the image holds.
 */
export async function layerChain(
  target: Target,
  catalog: Catalog,
  version: VersionRecord,
  key: string,
  image: ObjectName,
  options?: CallOptions,
): Promise<readonly ChainLink[]> {
  const newest = newestOf(catalog, image) ?? version;
  const listed = newest.disks.find((disk) => disk.image.name === image)?.layers ?? [];
  const chain: ChainLink[] = listed.map((entry) => ({ name: entry.name, base: entry.base, run: entry.run, entry }));
  // Behind a version whose record is gone the layers themselves tell how it goes on; names sort by base.
  const bases = new Set([newest.id]);
  for await (const { name } of target.list(catalog.names.layers(key), options)) {
    const parsed = parseLayerName(name);
    if (parsed === undefined || !bases.has(parsed.base) || chain.some((link) => link.name === name)) continue;
    // A mark that cannot be read names no disks: then every layer of its run counts.
    const mark = catalog.openRuns.find(({ run, disks }) => run === parsed.run && disks.length > 0);
    if (mark?.disks.every((disk) => disk.layer !== name) === true) continue;
    bases.add(parsed.run);
    chain.push({ name, ...parsed, entry: undefined });
  }
  return chain.filter((link) => link.base >= version.id);
}

/** The first folder that is not the one before. */
async function firstFolder(list: AsyncIterable<ObjectStat>, before: string | undefined): Promise<string | undefined> {
  for await (const { name } of list) {
    const folder = name.split('/')[1];
    if (folder !== before) return folder;
  }
  return undefined;
}
