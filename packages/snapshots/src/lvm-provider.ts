import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import {
  isSysimageError,
  SysimageError,
  snapshotOperation,
  throwIfCancelled,
  type Disks,
  type DisksBelow,
  type DiskSource,
  type MountedVolume,
  type SnapshotOptions,
  type SnapshotPiece,
  type SnapshotProvider,
} from '@sysimage/core/plugin';
import type { Machine } from '@sysimage/core';
import { deviceWords, freeze, type Frozen } from './freeze-watch.js';
import { planLvm, type LvmPlan, type SnapshotOrigin } from './lvm-plan.js';
import { makeSnapshot, openSnapshot, ownTag, removeSnapshot, removeStale, snapshotPrefix } from './lvm-snapshots.js';
import { fileSystemsBelow, ownPaths, swapFiles } from './needed-file-systems.js';
import { ask, findProgram } from './programs.js';

export interface LvmSurroundings {
  readonly disks: Pick<Disks, 'openSource'>;
  readonly disksBelow: (path: string) => Promise<DisksBelow>;
  readonly machine: Pick<Machine, 'holder' | 'fateOf'>;
  /** Paths to which this program writes beside those that it has open. */
  readonly alsoNeeded?: readonly string[];
}

const programs = ['lvm', 'dmsetup', 'blockdev'];

/** Where LVM itself reads and writes. */
const ofLvm = ['/etc/lvm', '/run/lvm', '/run/lock/lvm', '/usr/sbin', '/usr/lib'];

/**
 * Snapshots of logical volumes. Whoever writes is held up for the moment in which they are made. Thin ones only where the logical volume itself
 * is what is backed up as a disk.
 */
export function createLvmProvider(surroundings: LvmSurroundings): SnapshotProvider {
  const { disks, disksBelow, machine, alsoNeeded = [] } = surroundings;

  async function plan(volume: MountedVolume): Promise<LvmPlan | { readonly whyNot: string }> {
    if (process.getuid?.() !== 0) return { whyNot: 'only root may' };
    for (const name of programs) {
      if ((await findProgram(name)) === undefined) return { whyNot: `${name} is not installed` };
    }
    return planLvm(volume, ask);
  }

  async function isUsable(): Promise<boolean> {
    const found = await Promise.all(programs.map(findProgram));
    return process.getuid?.() === 0 && found.every((path) => path !== undefined);
  }

  async function plansOf(volumes: readonly MountedVolume[]): Promise<readonly LvmPlan[]> {
    const plans: LvmPlan[] = [];
    for (const volume of volumes) {
      const found = await plan(volume);
      if ('whyNot' in found) throw refused(found.whyNot);
      plans.push(found);
    }
    return plans;
  }

  /** Those that only LVM can hold, and only for as long as it makes their snapshot: thin ones, and what it needs for its work. */
  async function aloneOf(
    origins: readonly SnapshotOrigin[],
    { needed }: SnapshotOptions,
  ): Promise<readonly SnapshotOrigin[]> {
    const paths = new Set([...(await ownPaths()), ...(await swapFiles()), ...ofLvm, ...alsoNeeded]);
    const own = await fileSystemsBelow(paths, disksBelow);
    return origins.filter(({ thin, fileSystem }) => thin || own.has(fileSystem) || needed.has(fileSystem));
  }

  return {
    name: 'lvm',
    tidy: async () => {
      // What is not active holds up nobody, and to ask LVM takes longer than to look.
      if ((await mayBeActive()) && (await isUsable())) await removeStale(ask, machine);
    },
    async offer(volume, options) {
      const found = await plan(volume);
      if ('whyNot' in found) return found;
      const alone = (await aloneOf(found.origins, options)).map(({ name }) => name);
      if (alone.length > 1) return { whyNot: notAtOnce(alone) };
      return {
        consistency: 'frozen',
        how: `read from a snapshot of ${found.origins.map(({ name }) => name).join(', ')}`,
      };
    },

    async hold(volumes, options) {
      const { limit, signal } = options;
      const caller = signal === undefined ? {} : { signal };
      const plans = await plansOf(volumes);
      const origins = uniqueOrigins(plans);
      const alone = await aloneOf(origins, options);
      if (alone.length > 1) throw refused(notAtOnce(alone.map(({ name }) => name)));
      const labels = await readLabels(plans, disks);
      const together = origins.filter((origin) => !alone.includes(origin));
      const others = together.map(({ mapped }) => mapped);
      const sorted = [...alone, ...together];
      const tag = await ownTag(machine);
      // Processes of two containers may have one number, and share a group.
      const run = randomBytes(6).toString('hex');
      const nameOf = (index: number): string => `${snapshotPrefix}${run}-${index}`;
      const made: string[] = [];
      const sources: DiskSource[] = [];
      throwIfCancelled(snapshotOperation, caller);
      const watch: Frozen | undefined =
        others.length === 0 ? undefined : await freeze(others, limit, { how: deviceWords, ...caller });
      return {
        async take() {
          const pieces: SnapshotPiece[] = [...labels];
          for (const [index, origin] of sorted.entries()) {
            const name = nameOf(index);
            throwIfCancelled(snapshotOperation, caller);
            // Also what was made by half is to be removed.
            made.push(`${origin.group}/${name}`);
            await makeSnapshot(ask, origin, name, tag);
          }
          // How the watcher ends tells whether it held all of them until now: that it has ended may be heard of late.
          if ((await watch?.thaw()) === false)
            throw refused(
              `the snapshots could not be made in ${Math.ceil(limit / 1000)} s, or somebody let writers go on`,
            );
          for (const [index, origin] of sorted.entries()) {
            const opened = await openSnapshot(origin, nameOf(index), { ask, disks });
            sources.push(opened.source);
            pieces.push(...opened.pieces);
          }
          return pieces;
        },
        // One that is full fails when it is read.
        assertIntact: () => undefined,
        async release() {
          await watch?.thaw();
          // What cannot be closed must not keep the snapshots.
          for (const source of sources.splice(0)) await source.close().catch(() => undefined);
          const removals = made.splice(0).map((name) => (): Promise<void> => removeSnapshot(ask, name));
          await allOf(removals);
        },
      };
    },
  };
}

/** False when nothing on this machine goes through device-mapper, so that no snapshot can be there. */
async function mayBeActive(): Promise<boolean> {
  const names = await readdir('/sys/class/block').catch(() => undefined);
  return names === undefined || names.some((name) => name.startsWith('dm-'));
}

function uniqueOrigins(plans: readonly LvmPlan[]): readonly SnapshotOrigin[] {
  return [...new Map(plans.flatMap(({ origins }) => origins).map((origin) => [origin.mapped, origin])).values()];
}

/** What LVM has written on the disk, as it is before there are snapshots: a restored disk knows nothing of them. */
async function readLabels(
  plans: readonly LvmPlan[],
  disks: Pick<Disks, 'openSource'>,
): Promise<readonly SnapshotPiece[]> {
  const labels = plans.flatMap((plan) => plan.labels);
  const pieces: SnapshotPiece[] = [];
  for (const disk of new Set(labels.map((label) => label.disk))) {
    const source = await disks.openSource(disk);
    try {
      for (const { start, end } of labels.filter((label) => label.disk === disk)) {
        const bytes = new Uint8Array(end - start);
        await source.read(start, bytes);
        const read = async (offset: number, into: Uint8Array): Promise<void> =>
          into.set(bytes.subarray(offset - start, offset - start + into.length));
        pieces.push({ disk, start, end, read });
      }
    } finally {
      await source.close();
    }
  }
  return pieces;
}

/** One after the other, also when one fails. Errors: the first one, with what is to be done about all of them. */
async function allOf(works: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const work of works) await work().catch((error: unknown) => failures.push(error));
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1 || !isSysimageError(first)) throw first;
  const remedies = failures.flatMap((failure) => (isSysimageError(failure) ? (failure.remedy ?? []) : []));
  throw new SysimageError(first.code, `${first.message}, and ${failures.length - 1} more`, {
    operation: snapshotOperation,
    remedy: remedies.join(' '),
    cause: first,
  });
}

function notAtOnce(names: readonly string[]): string {
  return `${names.join(' and ')} cannot be taken at one instant`;
}

function refused(why: string): SysimageError {
  return new SysimageError('busy', `no snapshots of logical volumes can be made: ${why}`, {
    operation: snapshotOperation,
    retry: 'later',
  });
}
