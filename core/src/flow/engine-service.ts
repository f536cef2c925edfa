import type { Hasher, Machine } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import type { VersionRecord } from '../model/version-record.js';
import { backup, type BackupRequest, type BackupResult } from './backup.js';
import { deleteVersions, type DeleteRequest } from './delete-versions.js';
import type { EngineServices, Report } from './engine.js';
import { chooseComputer, chooseVersion, readCatalogs } from './find-version.js';
import { restore, type RestoredDisk, type RestoreRequest } from './restore.js';
import { verify, type VerifyRequest, type VerifyResult } from './verify.js';

/** The flows, with all of their outside filled in. */
export interface Engine {
  backup(request: BackupRequest, report: Report): Promise<BackupResult>;
  restore(request: RestoreRequest, report: Report): Promise<readonly RestoredDisk[]>;
  /** Reads versions back and compares them with their digests. */
  verify(request: VerifyRequest, report: Report): Promise<VerifyResult>;
  /** Deletes versions. */
  deleteVersions(request: DeleteRequest, report: Report): Promise<void>;
  /** What a target holds: of all computers, or of one. */
  catalogs(target: Target, computer?: string): Promise<readonly Catalog[]>;
  /** The computer that a command means. Errors: `not-found`, `invalid`. */
  computer(target: Target, computer?: string): Promise<Catalog>;
  /** An id, a unique prefix of one, or `latest`. Errors: `not-found`, `invalid`, `corrupt`. */
  version(catalog: Catalog, wanted: string): VersionRecord;
}

export function createEngine(services: EngineServices): Engine {
  const finders: { hasher: Hasher; machine: Machine } = services;
  return {
    backup: (request, report) => backup(request, services, report),
    restore: (request, report) => restore(request, services, report),
    verify: (request, report) => verify(request, services, report),
    deleteVersions: (request, report) => deleteVersions(request, services, report),
    catalogs: (target, computer) => readCatalogs(target, computer, services.hasher),
    computer: (target, computer) => chooseComputer(target, computer, finders),
    version: chooseVersion,
  };
}
