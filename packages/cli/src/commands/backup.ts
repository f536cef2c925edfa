import { SysimageError, type VersionRecord } from '@sysimage/core';
import { listenerOf, withTarget, type CommandContext, type CommonOptions } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { formatBytes, formatDuration, printable } from '../output/format.js';
import { paint, type Terminal } from '../output/terminal.js';

export interface BackupOptions extends CommonOptions {
  readonly disk: readonly string[];
  readonly to: string;
  readonly computer?: string;
  readonly allowLive: boolean;
  readonly gaps: boolean;
  readonly takeOver: boolean;
  readonly checkImages: boolean;
  /** Milliseconds. */
  readonly lockWait: number;
}

/** `sysimage backup`: one new version of whole disks. The result is its exit code. */
export async function backupCommand(context: CommandContext, options: BackupOptions): Promise<number> {
  if (options.disk.length === 0) {
    throw new SysimageError('invalid', 'which disks to back up is not given', {
      operation: 'backup',
      remedy: 'Name each with --disk PATH; "sysimage disks" shows what there is.',
    });
  }
  const listener = listenerOf(context, options);
  const computer = options.computer ?? context.machine.hostName;
  const { version } = await withTarget(context, options.to, 'write', async (target) => {
    listener.say(`Backing up ${printable(computer)} to ${printable(target.traits.location)}\n`);
    return context.engine.backup(
      {
        disks: options.disk,
        target,
        computer,
        tool: context.tool,
        policies: context.registry.policies,
        allowLive: options.allowLive,
        gaps: options.gaps,
        takeOver: options.takeOver,
        checkImages: options.checkImages,
        lockWait: options.lockWait,
        signal: context.signal,
      },
      listener.take,
    );
  });
  const incomplete = version.disks.some((disk) => disk.unreadable.length > 0);
  const exitCode = incomplete ? exitCodes.incomplete : exitCodes.done;
  listener.say(describeVersion(version, context.terminal));
  listener.result({ status: incomplete ? 'incomplete' : 'done', exitCode, version: summarize(version) });
  return exitCode;
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
