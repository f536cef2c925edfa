import { mountOf, readMounts, systemRoots } from '@sysimage/block-device';
import {
  SysimageError,
  snapshotOperation,
  throwIfCancelled,
  type DisksBelow,
  type HeldVolumes,
  type MountedVolume,
  type SnapshotOffer,
  type SnapshotProvider,
} from '@sysimage/core/plugin';
import { freeze } from './freeze-watch.js';
import { fileSystemsBelow, ownPaths } from './needed-file-systems.js';
import { ask, findProgram } from './programs.js';

export interface FreezeSurroundings {
  readonly disksBelow: (path: string) => Promise<DisksBelow>;
  /** Paths to which this program writes beside those that it has open. */
  readonly alsoNeeded?: readonly string[];
}

/** Those whose drivers know how; what they leave on the disk is as after an unmount, but for the log of XFS. */
const freezable: ReadonlySet<string> = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'jfs', 'nilfs2']);

/** Also what a disk is opened with. */
const programs = ['fsfreeze', 'timeout', 'cat', 'blockdev', 'dd'];

/**
 * Freezes the file systems of a volume while it is read: whoever writes waits. Never what the system, this program or the target needs, and
 * never longer than the limit.
 */
export function createFreezeProvider({ disksBelow, alsoNeeded = [] }: FreezeSurroundings): SnapshotProvider {
  /** File systems that the system or this program needs, or why nothing can be frozen here. */
  async function ownFileSystems(): Promise<ReadonlySet<string> | { readonly whyNot: string }> {
    if (process.getuid?.() !== 0) return { whyNot: 'only root may' };
    const paths = new Set([...(await ownPaths()), ...alsoNeeded]);
    for (const name of programs) {
      const path = await findProgram(name);
      if (path === undefined) return { whyNot: `${name} is not installed` };
      paths.add(path);
    }
    return fileSystemsBelow(paths, disksBelow);
  }

  async function offerFor(
    volume: MountedVolume,
    own: ReadonlySet<string> | { readonly whyNot: string },
    { needed, limit }: { readonly needed: ReadonlySet<string>; readonly limit: number },
  ): Promise<SnapshotOffer> {
    if ('whyNot' in own) return own;
    const mounts = await readMounts(systemRoots());
    for (const { mountPoint, fileSystem, readOnly } of volume.mounts) {
      if (readOnly) continue;
      const mount = mountOf(mountPoint, mounts);
      const [top] = (await disksBelow(mountPoint)).fileSystems ?? [];
      if (mount === undefined || fileSystem === undefined || top?.id !== fileSystem) {
        return { whyNot: `what is mounted at ${mountPoint} cannot be told` };
      }
      if (!freezable.has(mount.fileSystem)) return { whyNot: `${mount.fileSystem} cannot be frozen` };
      if (own.has(fileSystem)) return { whyNot: `${mountPoint} holds what the system or this program needs` };
      if (needed.has(fileSystem)) return { whyNot: `the backup is written to ${mountPoint}` };
    }
    return { consistency: 'frozen', how: `frozen while it is read, for at most ${Math.ceil(limit / 1000)} s` };
  }

  return {
    name: 'freeze',
    // Whatever is frozen is thawed with the process that froze it.
    tidy: () => Promise.resolve(),
    offer: async (volume, options) => offerFor(volume, await ownFileSystems(), options),
    async hold(volumes, options) {
      const { limit, signal } = options;
      const caller = signal === undefined ? {} : { signal };
      // What is mounted may be another now.
      const own = await ownFileSystems();
      for (const volume of volumes) {
        const now = await offerFor(volume, own, options);
        if ('whyNot' in now) throw notNow(now.whyNot);
      }
      const mountPoints = await inOrder(volumes, disksBelow);
      // What is written before need not be waited for while others wait.
      for (const each of mountPoints) {
        throwIfCancelled(snapshotOperation, caller);
        await ask(['sync', '--file-system', each]);
      }
      const frozen = await freeze(mountPoints, limit, caller);
      const held: HeldVolumes = {
        take: () => Promise.resolve([]),
        assertIntact() {
          if (!frozen.isWhole()) throw tooLong(mountPoints, limit);
        },
        release: async () => void (await frozen.thaw()),
      };
      return held;
    },
  };
}

/** One mount point of every file system; what lies on another, in an image file of it, before that one. */
async function inOrder(
  volumes: readonly MountedVolume[],
  disksBelow: FreezeSurroundings['disksBelow'],
): Promise<readonly string[]> {
  const found = new Map<string, { readonly mountPoint: string; readonly depth: number }>();
  for (const { mountPoint, fileSystem = '', readOnly } of volumes.flatMap(({ mounts }) => mounts)) {
    if (readOnly || found.has(fileSystem)) continue;
    const depth = (await disksBelow(mountPoint)).fileSystems?.length ?? 0;
    found.set(fileSystem, { mountPoint, depth });
  }
  return [...found.values()].toSorted((a, b) => b.depth - a.depth).map(({ mountPoint }) => mountPoint);
}

function notNow(why: string): SysimageError {
  return new SysimageError('busy', `a volume in use cannot be frozen: ${why}`, {
    operation: snapshotOperation,
    retry: 'later',
    remedy: 'Run the backup again.',
  });
}

function tooLong(mountPoints: readonly string[], limit: number): SysimageError {
  return new SysimageError(
    'busy',
    `${mountPoints.join(', ')} was frozen for ${Math.ceil(limit / 1000)} s and is thawed: it was not read by then`,
    {
      operation: snapshotOperation,
      remedy:
        'Allow more with --freeze-limit, or take it as it is with --allow-live; every complete version is as it was.',
    },
  );
}
