import type { FoundLoaderEntry } from './find-loader-entries.js';
import type { InstalledSystem, Need } from './installed-system.js';
import { neededByType } from './needed-by-type.js';
import { volumeNamed } from './volume-named.js';
import { shortened, type CandidateVolume } from './volume.js';

/** An entry, with the volumes that it names. */
interface Start {
  readonly title: string | undefined;
  readonly root: CandidateVolume | undefined;
  /** That with the kernel, and that with the menu when firmware looks there. */
  readonly from: readonly [CandidateVolume, ...CandidateVolume[]];
}

interface Draft extends Omit<InstalledSystem, 'name' | 'startKnown'> {
  name: string | undefined;
  startKnown: boolean;
  readonly needs: Need[];
}

/**
 * Linux systems, and what boot loaders say of them: from which volumes these start, and which there are beside them whose root nobody can read. Such a
 * one lies on the volume that the entry names; when that is not among these, its root is missing.
 */
export function withLoaders(
  systems: readonly InstalledSystem[],
  entries: readonly FoundLoaderEntry[],
  volumes: readonly CandidateVolume[],
): readonly InstalledSystem[] {
  const drafts: Draft[] = systems.map((system) => ({ ...system, needs: [...system.needs] }));
  const starts = entries.flatMap((found) => startOf(found, volumes));
  // Once all roots that are known are, what says nothing of its root may be of one of them.
  for (const start of [...starts.filter(hasRoot), ...starts.filter((each) => !hasRoot(each))]) {
    const { root, title, from } = start;
    const known = drafts.filter(({ needs }) =>
      root === undefined ? isIn(from[0], needs) : isIn(root, needs.slice(0, 1)),
    );
    if (known.length === 0) known.push(added(start, drafts, volumes));
    for (const draft of known) {
      draft.name ??= title;
      draft.startKnown = true;
      for (const volume of from) need(draft, volume, 'system');
    }
  }
  return drafts.map(({ name = 'Linux', ...draft }) => ({ ...draft, name: shortened(name) }));
}

function startOf({ volume, entry }: FoundLoaderEntry, volumes: readonly CandidateVolume[]): readonly Start[] {
  const kernel = entry.place === undefined ? volume : volumeNamed(entry.place, volume, volumes);
  if (kernel === undefined) return [];
  const from =
    volume === kernel || neededByType(volume) !== 'system' ? ([kernel] as const) : ([kernel, volume] as const);
  return [{ title: entry.title, root: rootOf(entry, volume, volumes), from }];
}

function rootOf(
  { root = '', opened }: FoundLoaderEntry['entry'],
  near: CandidateVolume,
  volumes: readonly CandidateVolume[],
): CandidateVolume | undefined {
  const named = volumeNamed(root, near, volumes);
  // A path may be meant of another disk: no reason to hold files that anybody can read for a system.
  if (named !== undefined && !(named.files !== undefined && /^\/dev\/[^/]+$/u.test(root))) return named;
  const [first, ...more] = new Set(opened);
  return first === undefined || more.length > 0 ? undefined : volumeNamed(first, near, volumes);
}

function hasRoot({ root }: Start): boolean {
  return root !== undefined;
}

/** A system of which only its loader tells. */
function added({ root, from: [kernel] }: Start, drafts: Draft[], volumes: readonly CandidateVolume[]): Draft {
  const draft: Draft = {
    family: 'linux',
    name: undefined,
    version: undefined,
    build: undefined,
    needs: [],
    startKnown: false,
    missing: root === undefined ? ['/'] : [],
  };
  if (root !== undefined) need(draft, root, 'boot');
  need(draft, kernel, 'system');
  for (const volume of volumes) {
    const role = volume.disk === (root ?? kernel).disk ? neededByType(volume) : undefined;
    if (role !== undefined) need(draft, volume, role);
  }
  drafts.push(draft);
  return draft;
}

function need({ needs }: Draft, { disk, partition }: CandidateVolume, role: Need['role']): void {
  if (!isIn({ disk, partition }, needs)) needs.push({ disk, partition, role });
}

function isIn({ disk, partition }: Pick<Need, 'disk' | 'partition'>, needs: readonly Need[]): boolean {
  return needs.some((each) => each.disk === disk && each.partition === partition);
}
