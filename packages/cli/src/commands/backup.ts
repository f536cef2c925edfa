import {
  computerFolder,
  runningSystem,
  SysimageError,
  type BackupRequest,
  type JobWatch,
  type Profile,
  type Target,
  type VersionRecord,
} from '@sysimage/core';
import { listenerOf, withTarget, type CommandContext } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { formatBytes, formatDuration, printable } from '../output/format.js';
import { paint, type Terminal } from '../output/terminal.js';
import { policiesOf } from '../policies.js';
import { stateFolder } from '../state/state-folder.js';
import { lastVerified } from '../state/verify-ages.js';
import { VerifyMemory } from '../state/verify-memory.js';
import { stealing, type StealOptions } from './steal-lease.js';

export interface BackupOptions extends StealOptions {
  readonly disk: readonly string[];
  readonly all: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Content of NTFS volumes: `pagefile`, … */
  readonly leaveOut: readonly string[];
  readonly to: string;
  readonly computer?: string;
  /** `auto`, `none`, or the name of a provider. */
  readonly snapshot: string;
  /** Milliseconds. */
  readonly freezeLimit: number;
  readonly allowLive: boolean;
  readonly allowIncomplete: boolean;
  readonly gaps: boolean;
  readonly takeOver: boolean;
  readonly checkImages: boolean;
  readonly evict: boolean;
  /** Bytes. */
  readonly maxShadow?: number;
  /** Milliseconds. */
  readonly lockWait: number;
  /** Instead of the one in the configuration. */
  readonly profile?: Profile;
  /** Of a job. */
  readonly watch?: JobWatch;
}

/** `sysimage backup`: one new version of whole disks. The result is its exit code. */
export async function backupCommand(context: CommandContext, options: BackupOptions): Promise<number> {
  const listener = listenerOf(context);
  const { version, findings } = await withTarget(context, options.to, 'write', async (target) => {
    const request = await backupRequest(context, options, target);
    listener.say(`Backing up ${printable(request.computer)} to ${printable(target.traits.location)}\n`);
    return context.engine.backup(request, listener.take);
  });
  // The version is complete; something is left to be done for it, or on this machine.
  const isLeft = findings.some(({ policy, severity }) => policy === 'source/snapshot-left' && severity === 'error');
  const incomplete = isLeft || version.disks.some((disk) => disk.unreadable.length > 0);
  const exitCode = incomplete ? exitCodes.incomplete : exitCodes.done;
  listener.say(describeVersion(version, context.terminal));
  listener.result({ status: incomplete ? 'incomplete' : 'done', exitCode, version: summarize(version) });
  return exitCode;
}

/** What the options ask of the engine. Errors: `invalid` when no disk is named. */
export async function backupRequest(
  context: CommandContext,
  options: BackupOptions,
  target: Target,
): Promise<BackupRequest> {
  const computer = options.computer ?? context.machine.hostName;
  const { hasher, loaded } = context;
  const { disks, include } = await disksOf(context, options);
  const memory = await VerifyMemory.open(stateFolder(process.env), target, computerFolder(computer, hasher), hasher);
  const verifiedAt = lastVerified(memory.passes);
  return {
    disks,
    target,
    computer,
    verifyWithin: loaded.config.policies.verifyWithin,
    ...(options.watch === undefined ? {} : { watch: options.watch }),
    ...(verifiedAt === undefined ? {} : { lastVerified: verifiedAt }),
    tool: context.tool,
    policies: policiesOf(context, options),
    include,
    exclude: options.exclude,
    leaveOut: options.leaveOut,
    snapshot: options.snapshot,
    freezeLimit: options.freezeLimit,
    allowLive: options.allowLive,
    allowIncomplete: options.allowIncomplete,
    gaps: options.gaps,
    takeOver: options.takeOver,
    checkImages: options.checkImages,
    evict: options.evict,
    ...(options.maxShadow === undefined ? {} : { maxShadow: options.maxShadow }),
    lockWait: options.lockWait,
    ...stealing(context, options),
    signal: context.signal,
  };
}

/**
 * The disks that the options name; when they name none, those that this machine runs from, and of these the volumes that it needs.
 * Errors: `invalid` when there are none.
 */
export async function disksOf(
  { disks }: Pick<CommandContext, 'disks'>,
  { disk, all, include }: Pick<BackupOptions, 'disk' | 'all' | 'include'>,
): Promise<Pick<BackupRequest, 'disks'> & { readonly include: readonly string[] }> {
  if (disk.length > 0) {
    if (!all) return { disks: disk, include };
    throw new SysimageError('invalid', '--all and --disk exclude each other', { operation: 'backup' });
  }
  const there = await disks.list();
  // A loop device shows again what lies on another disk: packages of programs, and images that are taken with it.
  const own = there.filter(({ removable, backingFile }) => !removable && backingFile === undefined);
  const found = all ? own.map(({ path }) => path) : [];
  if (found.length > 0) return { disks: found, include };
  const system = all ? undefined : runningSystem(there);
  // What the user includes replaces the choice of volumes, and not that of disks.
  if (system !== undefined) return { disks: system.disks, include: include.length > 0 ? include : system.include };
  throw new SysimageError('invalid', all ? 'no disks were found' : 'which disks to back up is not given', {
    operation: 'backup',
    remedy:
      'This machine runs from no disk that can be seen. Name each with --disk PATH, take all with --all, or name a job of the configuration; "sysimage disks" shows what there is.',
  });
}

/** What programs are told of a version. */
export function summarize(version: VersionRecord): Readonly<Record<string, unknown>> {
  return {
    id: version.id,
    computer: version.computer,
    createdAt: version.createdAt,
    finishedAt: version.finishedAt,
    state: 'complete',
    consistency: version.consistency,
    disks: version.disks.map((disk) => ({
      index: disk.index,
      key: disk.key,
      path: disk.path,
      size: disk.layout.size,
      scheme: disk.layout.scheme,
      id: disk.layout.id,
      image: disk.image.name,
      allocatedBytes: disk.allocatedBytes,
      changedBytes: disk.changedBytes,
      displacedBytes: disk.displacedBytes,
      unreadableBytes: disk.unreadable.reduce((sum, { start, end }) => sum + end - start, 0),
      volumes: disk.layout.volumes,
    })),
    ...(version.systems === undefined ? {} : { systems: version.systems }),
    ...(version.bootConfigurations === undefined ? {} : { bootConfigurations: version.bootConfigurations }),
    ...(version.firmwareEntries === undefined ? {} : { firmwareEntries: version.firmwareEntries }),
    findings: version.findings,
  };
}

function describeVersion(version: VersionRecord, terminal: Terminal): string {
  const changed = version.disks.reduce((sum, disk) => sum + disk.changedBytes, 0);
  const displaced = version.disks.reduce((sum, disk) => sum + disk.displacedBytes, 0);
  const took = formatDuration(Date.parse(version.finishedAt) - Date.parse(version.createdAt));
  const kept = displaced === 0 ? '' : `, ${formatBytes(displaced)} of older data kept in shadow storage`;
  return `${paint(terminal, 'green', 'Version')} ${version.id} is complete: ${formatBytes(changed)} written${kept}, in ${took}.\n`;
}
