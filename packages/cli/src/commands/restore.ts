import { resolve } from 'node:path';
import {
  findFirmwareGap,
  SysimageError,
  type DestructionQuestion,
  type RestoredDisk,
  type VersionRecord,
} from '@sysimage/core';
import { ask, listenerOf, withTarget, type CommandContext, type CommonOptions } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { firmwareCommand } from '../output/firmware-command.js';
import { formatBytes, formatMoment, printable } from '../output/format.js';
import { paint } from '../output/terminal.js';
import { unreadableBytes } from './versions.js';

export interface RestoreOptions extends CommonOptions {
  readonly from: string;
  /** `N=PATH`, or a path alone for a version with one disk. */
  readonly disk: readonly string[];
  readonly computer?: string;
  readonly recreateDisks: boolean;
  readonly verify: boolean;
}

/** `sysimage restore VERSION`: puts disks of a version onto disks or files. */
export async function restoreCommand(
  context: CommandContext,
  wanted: string,
  options: RestoreOptions,
): Promise<number> {
  const { terminal, engine } = context;
  const listener = listenerOf(context);
  return withTarget(context, options.from, 'read', async (target) => {
    const catalog = await engine.computer(target, options.computer);
    const version = engine.version(catalog, wanted);
    const disks = destinations(version, options.disk);
    listener.say(
      `Restoring ${printable(version.computer)} as it was on ${formatMoment(version.createdAt)} (${version.id})\n`,
    );
    const restored = await engine.restore(
      {
        target,
        catalog,
        version,
        disks,
        recreateDisks: options.recreateDisks,
        verify: options.verify,
        confirm: (question) => confirm(context, question, options),
        signal: context.signal,
      },
      listener.take,
    );
    for (const disk of restored) {
      const checked = disk.readBack ? 'read back and compared' : 'every block checked';
      const what = disk.wrote === 'whole' ? 'the whole disk' : 'its volumes';
      listener.say(
        `${paint(terminal, 'green', 'Restored')} disk ${disk.index} to ${printable(disk.path)}: ${what}, ${formatBytes(disk.bytes)}, ${checked}.\n`,
      );
    }
    const lost = unreadableBytes(version);
    if (lost > 0) {
      listener.warn(
        `${formatBytes(lost)} of the disks could not be read when this version was taken: zeros stand there`,
      );
    }
    for (const words of await firmwareWarnings(context, version, restored)) listener.warn(words);
    const exitCode = lost > 0 ? exitCodes.incomplete : exitCodes.done;
    listener.result({ status: lost > 0 ? 'incomplete' : 'done', exitCode, version: version.id, disks: restored });
    return exitCode;
  });
}

/** What the firmware of this machine lacks to start the restored devices; the last entry first, as each new one is tried first. */
async function firmwareWarnings(
  { machine }: CommandContext,
  version: VersionRecord,
  restored: readonly RestoredDisk[],
): Promise<readonly string[]> {
  // Whoever writes a file will start it elsewhere.
  const paths = new Map(
    restored.flatMap(({ index, kind, path }) => (kind === 'device' ? [[index, path] as const] : [])),
  );
  const { known, missing } = await findFirmwareGap(version, [...paths.keys()], machine);
  return missing.toReversed().map((entry) => {
    const how = firmwareCommand(entry, paths.get(entry.disk) ?? '');
    const name = `"${printable(entry.title)}"`;
    return known
      ? `the firmware of this machine has no entry ${name}, which the version was taken with; this makes it: ${how}`
      : `this machine does not show the entries of its firmware; if it lacks ${name}, this makes it once it was started by UEFI: ${how}`;
  });
}

/** Which disk of the version goes where. Errors: `invalid`. */
function destinations(version: VersionRecord, given: readonly string[]): ReadonlyMap<number, string> {
  const choices = version.disks
    .map((disk) => `--disk ${disk.index}=PATH (${printable(disk.path)}, ${formatBytes(disk.layout.size)})`)
    .join(', ');
  const disks = new Map<number, string>();
  for (const text of given) {
    const match = /^(\d+)=(.+)$/su.exec(text);
    const only = version.disks.length === 1 ? version.disks[0]?.index : undefined;
    const index = match?.[1] === undefined ? only : Number(match[1]);
    const path = match?.[2] ?? text;
    if (index === undefined) {
      throw new SysimageError('invalid', `"--disk ${text}" does not say which disk of the version goes there`, {
        remedy: `The version holds: ${choices}`,
      });
    }
    if (disks.has(index)) throw new SysimageError('invalid', `disk ${index} is to go to two places`);
    if ([...disks.values()].some((other) => resolve(other) === resolve(path)))
      throw new SysimageError('invalid', `two disks are to go to ${path}`);
    disks.set(index, path);
  }
  if (disks.size === 0)
    throw new SysimageError('invalid', 'where to restore to is not given', { remedy: `Give: ${choices}` });
  return disks;
}

function confirm(
  context: CommandContext,
  { path, state }: DestructionQuestion,
  options: CommonOptions,
): Promise<boolean> {
  const what =
    state.kind === 'same-layout'
      ? `The volumes on ${path} will be overwritten with those of the version.`
      : `Everything on ${path} will be lost.`;
  return ask(context, options, what);
}
