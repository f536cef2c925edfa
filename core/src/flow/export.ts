import { ExtentSet } from '@sysimage/extents';
import { SysimageError } from '../contract/errors.js';
import type { DiskDestination } from '../contract/source.js';
import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { exportLayout, type ExportFormat, type ExportLayout } from '../image/export-layout.js';
import { grainSize } from '../image/grain.js';
import { newIdentity } from '../image/new-identity.js';
import { VersionReader } from '../image/version-reader.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import type { EngineServices, Report } from './engine.js';
import { eachRun, grainRuns } from './restore-runs.js';

export interface ExportRequest {
  readonly target: Target;
  readonly catalog: Catalog;
  readonly version: VersionRecord;
  /** Index of a disk in the version → new file. */
  readonly disks: ReadonlyMap<number, string>;
  readonly format: ExportFormat;
  readonly signal?: AbortSignal;
}

export interface ExportedFile {
  readonly index: number;
  readonly path: string;
  readonly format: ExportFormat;
  /** Bytes of the file; what is zero stays a hole where the file system has holes. */
  readonly size: number;
  /** Bytes that were written. */
  readonly bytes: number;
}

/**
 * Writes disks of a version as new files that other programs open. Every grain's digest is checked on the way. Errors:
 * `already-exists`; `invalid` when the format cannot hold the disk; `corrupt`. A file that could not be finished is removed.
 */
export async function exportVersion(
  request: ExportRequest,
  services: EngineServices,
  report: Report,
): Promise<readonly ExportedFile[]> {
  const { target, catalog, version, format, signal } = request;
  const exported: ExportedFile[] = [];
  for (const [index, path] of request.disks) {
    const disk = version.disks.find((candidate) => candidate.index === index);
    if (disk === undefined) throw noSuchDisk(version, index);
    services.hasher.expect?.(disk.allocatedBytes);
    const reader = await VersionReader.open(target, catalog, version, disk, services.hasher);
    const data = await reader.data();
    const layout = exportLayout(format, disk.layout, data, newIdentity(services));
    const work = { target, reader, layout, wanted: data, disk: index, signal };
    try {
      await intoNewFile(services, path, layout.size, (file) => writeExport(file, work, report));
    } finally {
      await reader.close();
    }
    exported.push({ index, path, format, size: layout.size, bytes: data.size });
  }
  return exported;
}

/** Makes a file, fills it, makes it durable; or removes it again. */
export async function intoNewFile(
  { disks }: EngineServices,
  path: string,
  size: number,
  fill: (file: DiskDestination) => Promise<void>,
  modifiedAt?: Date,
): Promise<void> {
  const file = await disks.openDestination(path, size);
  let complete = false;
  try {
    if (!file.fresh) {
      throw new SysimageError('already-exists', `${path} is there already`, {
        operation: 'export',
        context: { path },
        remedy: 'Give the name of a new file. To write onto a disk, use "sysimage restore".',
      });
    }
    await fill(file);
    await file.flush();
    complete = true;
  } finally {
    await file.close({ discard: !complete, ...(modifiedAt === undefined ? {} : { modifiedAt }) });
  }
}

export interface ExportWork {
  readonly target: Target;
  readonly reader: VersionReader;
  readonly layout: ExportLayout;
  /** The grains that the file holds. */
  readonly wanted: ExtentSet;
  /** Index of the disk in its version. */
  readonly disk: number;
  readonly signal: AbortSignal | undefined;
}

/** Fills a new file: what frames the disk, and the grains. */
export async function writeExport(
  file: DiskDestination,
  { target, reader, layout, wanted, disk, signal }: ExportWork,
  report: Report,
): Promise<void> {
  const total = wanted.size;
  report({ event: 'phase', phase: 'export', disk, total });
  for (const { offset, bytes } of layout.frames()) await file.write(offset, bytes);
  let done = 0;
  await eachRun(grainRuns(wanted), { from: target, signal }, async ({ grain }, bytes) => {
    const at = layout.offsetOf(grain * grainSize);
    const here = { start: 0, end: Math.min(bytes.length, layout.dataEnd - at) };
    const copy = file.lend === undefined ? undefined : { lend: file.lend, offset: at, parts: [here] };
    const copied = await reader.read(grain, bytes, copy);
    for (const { start, end } of ExtentSet.of(here).subtract(copied))
      await file.write(at + start, bytes.subarray(start, end));
    done += bytes.length;
    report({ event: 'progress', phase: 'export', disk, done, total });
  });
}

function noSuchDisk(version: VersionRecord, index: number): SysimageError {
  const there = version.disks.map((disk: DiskRecord) => `${disk.index} (${disk.path})`).join(', ');
  return new SysimageError('invalid', `version ${version.id} has no disk ${index}`, {
    operation: 'export',
    remedy: `It holds: ${there}`,
  });
}
