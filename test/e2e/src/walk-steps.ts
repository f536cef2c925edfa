import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** From so many versions on, mostly some are deleted. */
const manyVersions = 6;

/** One command of a walk. */
export interface Step {
  readonly name: 'backup' | 'restore' | 'delete' | 'prune' | 'compact';
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  readonly args: readonly string[];
  /** Ids of versions that go. */
  readonly doomed?: readonly string[];
}

/** Where a walk goes, and what can be done there. */
export interface WalkedPlace {
  readonly target: string;
  /** For what is restored. */
  readonly folder: string;
  /** Path of the disk. */
  readonly disk: string;
  /** Arguments of every command. */
  readonly common: readonly string[];
  /** True where backups may give old versions up to make room. */
  readonly evict: boolean;
  readonly writeOnce: boolean;
  /** True where images are changed in place, so that there are layers to merge. */
  readonly inPlace: boolean;
}

/** Chooses what is done next where these versions are, oldest first. `random`: from 0 to 1. */
export function chooseStep(place: WalkedPlace, ids: readonly string[], random: () => number): Step {
  const below = (limit: number): number => Math.floor(random() * limit);
  const [from, count, last, chosen] = [below(ids.length), 1 + below(2), 1 + below(ids.length), random()];
  // The newest more often than others: its image must be taken back.
  const doomed = random() < 0.5 ? ids.slice(-count) : ids.slice(from, from + count);
  const steps = stepsFor(place, ids, { doomed, last, checkImages: random() < 0.1 });
  let left = chosen * steps.reduce((sum, { weight }) => sum + weight, 0);
  const step = steps.find(({ weight }) => (left -= weight) < 0) ?? steps[0];
  if (step === undefined) throw new RangeError('there is always a backup');
  return step;
}

interface Chances {
  readonly doomed: readonly string[];
  /** Versions that a pruning keeps. */
  readonly last: number;
  readonly checkImages: boolean;
}

function stepsFor(
  { target, folder, disk, common, evict, writeOnce, inPlace }: WalkedPlace,
  ids: readonly string[],
  { doomed, last, checkImages }: Chances,
): readonly Step[] {
  const from = [...common, '--from', target];
  const backup = ['backup', ...common, '--disk', disk, '--to', target, ...(evict ? [] : ['--no-evict'])];
  const steps: Step[] = [{ name: 'backup', weight: 6, args: checkImages ? [...backup, '--check-images'] : backup }];
  const [first] = doomed;
  if (first === undefined) return steps;
  const to = join(folder, 'killed.img');
  rmSync(to, { force: true });
  steps.push({ name: 'restore', weight: 0.5, args: ['restore', first, ...from, '--disk', `0=${to}`] });
  if (writeOnce) return steps;
  steps.push(
    {
      name: 'delete',
      weight: ids.length > manyVersions ? 20 : 3,
      args: ['delete', ...doomed, ...from, '--roll-back', '--yes'],
      doomed,
    },
    {
      name: 'prune',
      weight: 1,
      args: ['prune', ...from, '--keep-last', `${last}`, '--yes'],
      doomed: ids.slice(0, -last),
    },
  );
  if (inPlace) steps.push({ name: 'compact', weight: 1, args: ['compact', ...from] });
  return steps;
}
