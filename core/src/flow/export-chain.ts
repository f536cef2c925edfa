import { vhdMaximumSize } from '@sysimage/vhd';
import { SysimageError } from '../contract/errors.js';
import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { childLayout, type ParentFile } from '../image/child-layout.js';
import { exportLayout } from '../image/export-layout.js';
import { newIdentity, type ImageIdentity } from '../image/new-identity.js';
import { VersionReader } from '../image/version-reader.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import type { EngineServices, Report } from './engine.js';
import { intoNewFile, writeExport, type ExportedFile } from './export.js';

export interface ExportChainRequest {
  readonly target: Target;
  readonly catalog: Catalog;
  /** The last version of the chain. */
  readonly version: VersionRecord;
  /** Index of the disk in that version. */
  readonly disk: number;
  /** The path of the file for a version; all in one folder. */
  readonly pathOf: (version: VersionRecord) => string;
  readonly signal?: AbortSignal;
}

/**
 * Writes a disk as a chain of VHDs: the oldest version whole, and of every later one up to the wanted one what changed, each file
 * naming the one before as its parent. Errors: as of `exportVersion`; `invalid` for a disk that a VHD cannot hold.
 */
export async function exportChain(
  request: ExportChainRequest,
  services: EngineServices,
  report: Report,
): Promise<readonly ExportedFile[]> {
  const last = request.version.disks.find(({ index }) => index === request.disk);
  if (last === undefined)
    throw new SysimageError('invalid', `version ${request.version.id} has no disk ${request.disk}`);
  assertVhd(last);
  const files: ExportedFile[] = [];
  let parent: (ParentFile & { readonly reader: VersionReader }) | undefined;
  for (const { version, disk } of chainOf(request.catalog, request.version, last)) {
    const reader = await VersionReader.open(request.target, request.catalog, version, disk, services.hasher);
    const path = request.pathOf(version);
    const identity = wholeSeconds(newIdentity(services));
    const changed = parent === undefined ? await reader.data() : await reader.changedSince(parent.reader);
    const layout =
      parent === undefined
        ? exportLayout('vhd', disk.layout, changed, identity)
        : childLayout(disk.layout.size, changed, identity, parent);
    const { target, disk: index, signal } = request;
    const work = { target, reader, layout, wanted: changed, disk: index, signal };
    try {
      await intoNewFile(services, path, layout.size, (file) => writeExport(file, work, report), identity.createdAt);
    } finally {
      await reader.close();
    }
    files.push({ index: request.disk, path, format: 'vhd', size: layout.size, bytes: changed.size });
    parent = { path, identity, reader };
  }
  return files;
}

/** A child names the moment in which its parent was changed last, in whole seconds. */
function wholeSeconds({ uuid, createdAt }: ImageIdentity): ImageIdentity {
  return { uuid, createdAt: new Date(Math.floor(createdAt.getTime() / 1000) * 1000) };
}

/** The versions of a disk up to the wanted one, as far back as it had this size. */
function chainOf(
  catalog: Catalog,
  wanted: VersionRecord,
  last: DiskRecord,
): readonly { version: VersionRecord; disk: DiskRecord }[] {
  const chain: { version: VersionRecord; disk: DiskRecord }[] = [];
  for (const version of catalog.versions.filter(({ id }) => id <= wanted.id)) {
    const disk = version.disks.find(({ key }) => key === last.key);
    if (disk?.layout.size === last.layout.size) chain.push({ version, disk });
    else if (disk !== undefined) chain.length = 0;
  }
  return chain;
}

function assertVhd({ layout, path }: DiskRecord): void {
  if (layout.sectorSize === 512 && layout.size <= vhdMaximumSize) return;
  throw new SysimageError('invalid', `${path} cannot be exported as a chain: a VHD does not hold such a disk`, {
    operation: 'export',
    remedy: 'Export each version as vhdx, or as raw.',
  });
}
