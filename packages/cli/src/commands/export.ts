import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  SysimageError,
  type DiskRecord,
  type ExportedFile,
  type ExportFormat,
  type VersionRecord,
} from '@sysimage/core';
import { listenerOf, withTarget, type CommandContext, type CommonOptions } from '../command-context.js';
import { exitCodes } from '../exit-code.js';
import { formatBytes, printable } from '../output/format.js';
import { paint } from '../output/terminal.js';
import { unreadableBytes } from './versions.js';

export interface ExportOptions extends CommonOptions {
  readonly from: string;
  readonly computer?: string;
  readonly format: ExportFormat;
  /** A new file, or a folder for several. */
  readonly output: string;
  /** Indexes of disks; none means all. */
  readonly disk: readonly string[];
  readonly chain: boolean;
}

/** `sysimage export VERSION`: disks of a version as files that other programs open. */
export async function exportCommand(context: CommandContext, wanted: string, options: ExportOptions): Promise<number> {
  const { engine, terminal, signal } = context;
  const listener = listenerOf(context);
  if (options.chain && options.format !== 'vhd')
    throw new SysimageError('invalid', 'only VHD files make a chain', { remedy: 'Give --format vhd.' });
  return withTarget(context, options.from, 'read', async (target) => {
    const catalog = await engine.computer(target, options.computer);
    const version = engine.version(catalog, wanted);
    const disks = chosenDisks(version, options.disk);
    const output = resolve(options.output);
    const common = { target, catalog, version, signal };
    const files: ExportedFile[] = [];
    if (options.chain) {
      await mkdir(output, { recursive: true });
      for (const { index } of disks) {
        const pathOf = ({ id }: VersionRecord): string => join(output, `disk${index}-${id}.vhd`);
        files.push(...(await engine.exportChain({ ...common, disk: index, pathOf }, listener.take)));
      }
    } else {
      const paths = await pathsFor(disks, output, options.format);
      files.push(...(await engine.exportVersion({ ...common, disks: paths, format: options.format }, listener.take)));
    }
    for (const { path, index, size, bytes } of files) {
      listener.say(
        `${paint(terminal, 'green', 'Exported')} disk ${index} to ${printable(path)}: ${formatBytes(size)}, ${formatBytes(bytes)} of it data.\n`,
      );
    }
    const lost = unreadableBytes(version);
    if (lost > 0)
      listener.warn(
        `${formatBytes(lost)} of the disks could not be read when this version was taken: zeros stand there`,
      );
    const exitCode = lost > 0 ? exitCodes.incomplete : exitCodes.done;
    listener.result({ status: lost > 0 ? 'incomplete' : 'done', exitCode, version: version.id, files });
    return exitCode;
  });
}

/** Errors: `invalid` for a number that is no disk of the version. */
function chosenDisks(version: VersionRecord, given: readonly string[]): readonly DiskRecord[] {
  if (given.length === 0) return version.disks;
  return given.map((text) => {
    const disk = version.disks.find(({ index }) => String(index) === text);
    if (disk !== undefined) return disk;
    const there = version.disks.map(({ index, path }) => `${index} (${printable(path)})`).join(', ');
    throw new SysimageError('invalid', `version ${version.id} has no disk "${text}"`, { remedy: `It holds: ${there}` });
  });
}

/** One disk goes to the file that is named, or into the folder that is there; several always go into a folder. */
async function pathsFor(
  disks: readonly DiskRecord[],
  output: string,
  format: ExportFormat,
): Promise<ReadonlyMap<number, string>> {
  const [only] = disks;
  const isFolder = await stat(output).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (disks.length === 1 && only !== undefined && !isFolder) return new Map([[only.index, output]]);
  await mkdir(output, { recursive: true });
  const extension = format === 'raw' ? 'img' : format;
  return new Map(disks.map(({ index }) => [index, join(output, `disk${index}.${extension}`)]));
}
