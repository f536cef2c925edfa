import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host, ObjectName, ObjectStat } from '@sysimage/core/plugin';
import { inspectDisc, type FoundDisc } from './disc.js';
import type { SetCatalog } from './set-catalog.js';
import { isStage, unfinishedSet } from './stage.js';
import { errnoOf, system } from './system-errors.js';

/** The discs of one set that are there. */
export interface DiscSet {
  readonly catalog: SetCatalog;
  /** By number; copies of a disc beside each other, undamaged ones first. */
  readonly discs: ReadonlyMap<number, readonly FoundDisc[]>;
  /** The last disc is written last: without it nobody knows whether the set was finished. */
  readonly complete: boolean;
}

export interface Shelf {
  /** Newest first. */
  readonly sets: readonly DiscSet[];
  /** Damaged discs that no set can be found for. */
  readonly strays: readonly FoundDisc[];
}

/** What is in the folder now. Discs are known by what is on them; the names of their files mean nothing. */
export function createShelf(folder: string, host: Host): () => Promise<Shelf> {
  let known = new Map<string, { readonly state: string; readonly disc: FoundDisc | undefined }>();
  return async () =>
    system('read', folder, async () => {
      const names = await entriesOf(folder);
      const seen: typeof known = new Map();
      await Promise.all(
        names
          .filter((name) => !name.startsWith('.') && name.toLowerCase().endsWith('.iso'))
          .map(async (name) => {
            const path = join(folder, name);
            const file = await lstat(path, { bigint: true }).catch(ignoreMissing);
            if (file?.isFile() !== true) return;
            const state = `${file.ino}-${file.mtimeNs}-${file.ctimeNs}-${file.size}`;
            const before = known.get(name);
            if (before?.state === state) {
              seen.set(name, before);
              return;
            }
            const found = await inspectDisc(path).catch(ignoreMissing);
            const disc = found && { ...found, state };
            if (disc?.damage !== undefined) host.log('target-optical.damaged-disc', { path, damage: disc.damage });
            seen.set(name, { state, disc });
          }),
      );
      known = seen;
      const discs = [...seen]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([, { disc }]) => (disc === undefined ? [] : [disc]));
      return arrange(discs, async () => committing(folder, names));
    });
}

async function arrange(discs: readonly FoundDisc[], unfinished: () => Promise<ReadonlySet<string>>): Promise<Shelf> {
  const groups = new Map<string, { readonly catalog: SetCatalog; readonly discs: Map<number, FoundDisc[]> }>();
  // Undamaged ones first: they bring the catalogs.
  for (const { label, catalog } of discs) {
    if (label !== undefined && catalog !== undefined && !groups.has(keyOf(label))) {
      groups.set(keyOf(label), { catalog, discs: new Map() });
    }
  }
  const strays: FoundDisc[] = [];
  for (const disc of discs.toSorted((a, b) => Number(a.damage !== undefined) - Number(b.damage !== undefined))) {
    const group = disc.label && groups.get(keyOf(disc.label));
    if (group === undefined || disc.label === undefined) {
      strays.push(disc);
      continue;
    }
    const copies = group.discs.get(disc.label.disc) ?? [];
    group.discs.set(disc.label.disc, [...copies, disc]);
  }
  const sets = [...groups.values()]
    .map(({ catalog, discs: numbered }) => ({ catalog, discs: numbered, complete: numbered.has(catalog.discs) }))
    .toSorted((a, b) => b.catalog.written.getTime() - a.catalog.written.getTime());
  if (sets.every(({ complete }) => complete)) return { sets, strays };
  const hidden = await unfinished();
  return { sets: sets.filter(({ complete, catalog }) => complete || !hidden.has(catalog.set)), strays };
}

/** Sets by one id with different catalogs are different sets. */
function keyOf({ set, catalog }: { readonly set: string; readonly catalog: { readonly sha256: string } }): string {
  return `${set} ${catalog.sha256}`;
}

/** The sets that a commit was writing here when it was cut, or is writing now. */
async function committing(folder: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  const sets = await Promise.all(names.filter(isStage).map((name) => unfinishedSet(join(folder, name))));
  return new Set(sets.filter((set) => set !== undefined));
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(ignoreMissing)) ?? [];
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

export interface FoundObject {
  readonly set: DiscSet;
  readonly stat: ObjectStat;
}

/** The object in the newest set that has it: a complete one, if there is any. */
export function findObject({ sets }: Shelf, name: ObjectName): FoundObject | undefined {
  const holding = sets.filter(({ catalog }) => catalog.streams.has(name));
  const set = holding.find(({ complete }) => complete) ?? holding[0];
  return set && { set, stat: statIn(set, name) };
}

export function statIn({ catalog }: DiscSet, name: ObjectName): ObjectStat {
  return { name, size: catalog.streams.get(name) ?? 0, modified: catalog.written, state: catalog.set };
}
