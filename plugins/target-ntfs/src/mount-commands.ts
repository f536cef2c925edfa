import { open } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { readMounts, systemRoots, type Mount } from '@sysimage/block-device';
import { SysimageError } from '@sysimage/core/plugin';
import { runCommand, type CommandEnd } from '@sysimage/node-services';
import { goingLoop, untilLoopsLetGo } from './loop-devices.js';

/** What is to be mounted: all of a device or file, or a part of it. Bytes. */
export interface MountRequest {
  readonly path: string;
  readonly kind: 'device' | 'file';
  readonly part?: { readonly start: number; readonly size: number };
  readonly mountPoint: string;
  readonly readOnly: boolean;
}

/** Programs come from where the system keeps them, whatever the user's own environment says. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
/** Milliseconds. A disk that sleeps wakes up in this time. */
const mountTimeout = 120_000;
/** All that is not yet written goes to the medium first, which may be a slow one. */
const unmountTimeout = 30 * 60_000;
const busyTimeout = 30_000;
const pause = 50;
/** For a mount of a killed run that comes in between. */
const mostTries = 3;

/**
 * How ntfs-3g mounts. `norecover`: it would throw away the journal of a Windows that was not shut down. `nocompression`: images are
 * written in place. Nothing on the volume is a program or a device for us.
 */
const usual = [
  'noatime',
  'nosuid',
  'nodev',
  'noexec',
  'big_writes',
  'norecover',
  'nocompression',
  'streams_interface=none',
];

/**
 * Mounts a volume by ntfs-3g. Parts, and files, are shown to it by a loop device that the kernel gives up with the mount. Errors:
 * `unsupported` without ntfs-3g, `unavailable` with what it says.
 */
export async function mountNtfs({ path, kind, part, mountPoint, readOnly }: MountRequest): Promise<Mount> {
  const loop = kind === 'file' || part !== undefined ? ['loop'] : [];
  const place = part === undefined ? [] : [`offset=${part.start}`, `sizelimit=${part.size}`];
  const options = [readOnly ? 'ro' : 'rw', ...usual, ...loop, ...place].join(',');
  for (let tried = 1; ; tried += 1) {
    // A run may have been killed while it unmounted: then nothing is mounted any more, and ntfs-3g still writes.
    if (kind === 'file') await untilLoopsLetGo(path, part?.start ?? 0);
    const end = await runCommand({
      words: ['mount', '-t', 'ntfs-3g', '-o', options, '--', path, mountPoint],
      environment,
      timeout: mountTimeout,
    });
    const mount = await mountAt(mountPoint);
    if (end.outcome === 'done' && mount !== undefined) return mount;
    // One that was stopped half way may be there all the same, and that of a run that was killed while it mounted.
    if (mount !== undefined) await unmount(mountPoint);
    const isInTheWay = mount !== undefined || /already mounted|overlapping loop/u.test(end.output);
    if (end.outcome !== 'failed' || !isInTheWay || tried === mostTries) throw notMounted(path, end);
  }
}

/**
 * Unmounts, never lazily: when it resolves the volume is clean, on the medium, and nobody has it open. Nothing to do where nothing is
 * mounted. Errors: `busy` while something on it is in use.
 */
export async function unmount(mountPoint: string): Promise<void> {
  const mount = await mountAt(mountPoint);
  if (mount === undefined) return;
  const loop = await goingLoop(mount.source);
  await untilUnmounted(mountPoint);
  await loop?.gone();
  await flushed(loop?.backingFile ?? mount.source);
}

/** What is mounted there. */
export async function mountAt(mountPoint: string): Promise<Mount | undefined> {
  return (await readMounts(systemRoots({}))).findLast((mount) => mount.mountPoint === mountPoint);
}

async function untilUnmounted(mountPoint: string): Promise<void> {
  let said = '';
  for (let waited = 0; waited < busyTimeout; waited += pause) {
    const { outcome, output } = await runCommand({
      words: ['umount', '--', mountPoint],
      environment,
      timeout: unmountTimeout,
    });
    if (outcome === 'done' || (await mountAt(mountPoint)) === undefined) return;
    said = output;
    await setTimeout(pause);
  }
  throw new SysimageError('busy', `${mountPoint} cannot be unmounted: ${lastLineOf(said)}`, {
    operation: 'close',
    context: { mountPoint },
    remedy: 'End what uses it and unmount it, or run sysimage with this target again, before you take the disk away.',
  });
}

/** What the loop device or the last unmount left in the memory of the kernel. */
async function flushed(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return;
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function notMounted(path: string, { outcome, output, systemCode }: CommandEnd): SysimageError {
  const isMissing = outcome === 'not-started' || /unknown filesystem type/u.test(output);
  const context = { path, outcome, ...(systemCode === undefined ? {} : { systemCode }) };
  if (isMissing) {
    return new SysimageError('unsupported', `${path} cannot be mounted: there is no ntfs-3g on this machine`, {
      operation: 'open',
      context,
      remedy: 'Install ntfs-3g, or mount the volume by other means and name the folder.',
    });
  }
  return new SysimageError('unavailable', `${path} could not be mounted: ${lastLineOf(output) || outcome}`, {
    operation: 'open',
    context,
    remedy: 'Let Windows check the volume (chkdsk), or look at it with ntfsfix --no-action.',
  });
}

function lastLineOf(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
