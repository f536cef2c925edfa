import { z } from 'zod';
import {
  SysimageError,
  snapshotOperation,
  type Disks,
  type DiskSource,
  type LeaseHolder,
  type SnapshotPiece,
} from '@sysimage/core/plugin';
import type { Machine } from '@sysimage/core';
import { logicalVolumes } from './lvm-facts.js';
import type { SnapshotOrigin } from './lvm-plan.js';
import type { Answer, Ask } from './programs.js';

const prefix = 'sysimage.';
/** How the names of our snapshots begin: what has our tag and another name is somebody's data. */
export const snapshotPrefix = 'sysimage-';
const holderSchema = z.object({
  token: z.string(),
  program: z.string(),
  host: z.string(),
  machine: z.string().exactOptional(),
  boot: z.string().exactOptional(),
  process: z.number().exactOptional(),
  processStart: z.string().exactOptional(),
});

/** A tag by which a later run knows whose snapshot it is, as a lease tells it. */
export async function ownTag(machine: Pick<Machine, 'holder'>): Promise<string> {
  return `${prefix}${Buffer.from(JSON.stringify(await machine.holder('snapshot'))).toString('base64url')}`;
}

/**
 * Removes snapshots of runs that are over and could not do it themselves. Errors: `busy` when one cannot be removed, and when there are some
 * of which nobody can tell whether their run is over, because this machine or theirs has no id: they stay.
 */
export async function removeStale(ask: Ask, machine: Pick<Machine, 'holder' | 'fateOf'>): Promise<void> {
  const own = await machine.holder('snapshot');
  const doubtful: string[] = [];
  for (const { vg_name: group, lv_name: name, lv_tags: tags } of await logicalVolumes(ask)) {
    const tag = tags.split(',').find((each) => each.startsWith(prefix));
    const holder = tag === undefined ? undefined : holderIn(tag);
    if (holder === undefined || !name.startsWith(snapshotPrefix)) continue;
    const fate = isOfEarlierBoot(holder, own) ? 'gone' : await machine.fateOf(holder);
    if (fate === 'gone') await removeSnapshot(ask, `${group}/${name}`);
    const isNameless = holder.machine === undefined || own.machine === undefined;
    if (fate === 'unknown' && isNameless && holder.boot !== own.boot) doubtful.push(`${group}/${name}`);
  }
  if (doubtful.length === 0) return;
  throw new SysimageError('busy', `${doubtful.join(', ')} may be left of a run of this machine, or in use by another`, {
    operation: snapshotOperation,
    remedy: `Give the machine an id (/etc/machine-id). If no backup runs elsewhere: ${removalOf(...doubtful)}`,
  });
}

function isOfEarlierBoot(holder: z.infer<typeof holderSchema>, own: LeaseHolder): boolean {
  // On shared storage there are snapshots of other machines, and not all have an id.
  if (holder.machine === undefined || holder.machine !== own.machine) return false;
  if (holder.boot === undefined || own.boot === undefined) return false;
  // After it stands the namespace of processes.
  return holder.boot.split(' ')[0] !== own.boot.split(' ')[0];
}

function holderIn(tag: string): z.infer<typeof holderSchema> | undefined {
  try {
    const text = Buffer.from(tag.slice(prefix.length), 'base64url').toString('utf8');
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Makes a snapshot of that name in the group of its origin. Errors: `busy`. */
export async function makeSnapshot(ask: Ask, origin: SnapshotOrigin, name: string, tag: string): Promise<void> {
  const size = origin.thin ? ['--setactivationskip', 'n'] : ['--size', `${origin.room}b`, '--monitor', 'n'];
  const words = ['--yes', '--quiet', '--snapshot', '--permission', 'r', '--name', name, '--addtag', tag, ...size];
  const answer = await ask(['lvm', 'lvcreate', ...words, origin.name]);
  if (answer.exitCode !== 0) throw refused(`no snapshot of ${origin.name} can be made`, answer);
}

/** Somebody may be looking at a new device for a moment. */
const removals = 5;

export async function removeSnapshot(ask: Ask, name: string): Promise<void> {
  let last: Answer | undefined;
  for (let tried = 0; tried < removals; tried += 1) {
    last = await ask(['lvm', 'lvremove', '--yes', '--quiet', name]);
    if (last.exitCode === 0 || !(await isThere(ask, name))) return;
    await ask(['sleep', '1']);
  }
  if (last !== undefined)
    throw refused(`the snapshot ${name} cannot be removed`, last, `Remove it: ${removalOf(name)}`);
}

async function isThere(ask: Ask, name: string): Promise<boolean> {
  return (await logicalVolumes(ask)).some((each) => `${each.vg_name}/${each.lv_name}` === name);
}

/** What lies on the disk where its origin lies, read from the snapshot. A snapshot that is full gives nothing any more: `busy`. */
export async function openSnapshot(
  { disk, places, thin, group, name: originName }: SnapshotOrigin,
  name: string,
  { ask, disks }: { readonly ask: Ask; readonly disks: Pick<Disks, 'openSource'> },
): Promise<{ readonly pieces: readonly SnapshotPiece[]; readonly source: DiskSource }> {
  const mapped = `${mangled(group)}-${mangled(name)}`;
  const source = await disks.openSource(`/dev/mapper/${mapped}`);
  const read = async (offset: number, into: Uint8Array): Promise<void> => {
    try {
      await source.read(offset, into);
    } catch (error) {
      if (thin) throw error;
      const { exitCode, output, complaint } = await ask(['dmsetup', 'status', mapped]);
      // Zeros for what a snapshot does not give any more would be taken for what the disk lost.
      if (exitCode !== 0) throw unclear(originName, complaint, error);
      if (!/snapshot (?:Invalid|Overflow|Merge failed)/u.test(output)) throw error;
      throw new SysimageError('busy', `more of ${originName} was overwritten than its snapshot has room for`, {
        operation: snapshotOperation,
        remedy: 'Leave more free in its volume group, or run the backup when less is written.',
        cause: error,
      });
    }
  };
  const pieces = places.map(({ at, length, start }) => ({
    disk,
    start,
    end: start + length,
    read: (offset: number, into: Uint8Array) => read(offset - start + at, into),
  }));
  return { pieces, source };
}

/** As device-mapper spells names: a hyphen stands between group and volume, so that theirs are two. */
function mangled(name: string): string {
  return name.replaceAll('-', '--');
}

function unclear(originName: string, complaint: string, cause: unknown): SysimageError {
  const told = `${String(cause)}; what became of it dmsetup does not tell (${complaint.trim()})`;
  return new SysimageError('busy', `the snapshot of ${originName} cannot be read: ${told}`, {
    operation: snapshotOperation,
    retry: 'later',
    remedy: 'It may be full: leave more free in its volume group, or run the backup when less is written.',
    cause,
  });
}

function removalOf(...names: readonly string[]): string {
  return `lvremove --yes ${names.join(' ')}`;
}

function refused(what: string, { complaint }: Answer, remedy?: string): SysimageError {
  return new SysimageError('busy', `${what}: ${complaint.trim()}`, {
    operation: snapshotOperation,
    retry: 'later',
    ...(remedy === undefined ? {} : { remedy }),
  });
}
