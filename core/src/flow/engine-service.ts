import type { Hasher, Machine } from '../contract/services.js';
import type { Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import type { PlanningFacts } from '../model/planning-facts.js';
import type { TargetFacts } from '../model/target-facts.js';
import type { VersionRecord } from '../model/version-record.js';
import { backup, planOnly, type BackupRequest, type BackupResult, type PlanResult } from './backup.js';
import { checkReceipts, type Receipts } from './check-receipts.js';
import { compact, planCompaction, type CompactionPlan, type CompactRequest } from './compact.js';
import { deleteVersions, planDeletion, type DeleteRequest, type DeletionPlan } from './delete-versions.js';
import { exportChain, type ExportChainRequest } from './export-chain.js';
import { exportVersion, type ExportedFile, type ExportRequest } from './export.js';
import type { EngineServices, Report } from './engine.js';
import { chooseComputer, chooseVersion, chooseVersionId, readCatalogs } from './find-version.js';
import { planPrune, prune, type PrunePlan, type PruneRequest } from './prune.js';
import { recordDisks, type LeftOut } from './record-disks.js';
import { recordTarget, type TargetRecordRequest } from './record-target.js';
import { restore, type RestoredDisk, type RestoreRequest } from './restore.js';
import { verify, type VerifyRequest, type VerifyResult } from './verify.js';

/** The flows, with all of their outside filled in. */
export interface Engine {
  backup(request: BackupRequest, report: Report): Promise<BackupResult>;
  /** What a backup would do. */
  plan(request: BackupRequest): Promise<PlanResult>;
  /** Looks into disks, for a record of the machine. */
  recordDisks(paths: readonly string[], leftOut: LeftOut): Promise<Pick<PlanningFacts, 'disks' | 'systems'>>;
  /** Looks at a target, for a record of the machine. */
  recordTarget(request: TargetRecordRequest): Promise<TargetFacts>;
  restore(request: RestoreRequest, report: Report): Promise<readonly RestoredDisk[]>;
  /** Reads versions back and compares them with their digests. */
  verify(request: VerifyRequest, report: Report): Promise<VerifyResult>;
  /** Writes disks of a version as files for other programs. */
  exportVersion(request: ExportRequest, report: Report): Promise<readonly ExportedFile[]>;
  /** Writes a disk as a chain of differencing files, one for each version. */
  exportChain(request: ExportChainRequest, report: Report): Promise<readonly ExportedFile[]>;
  /** What a deletion would delete, and what that frees. */
  planDeletion(request: DeleteRequest): Promise<DeletionPlan>;
  /** Deletes versions. */
  deleteVersions(request: DeleteRequest, report: Report): Promise<void>;
  /** What a pruning would delete, and why the rest stays. */
  planPrune(request: PruneRequest): Promise<PrunePlan>;
  /** Deletes what the plan says. */
  prune(request: PruneRequest, plan: PrunePlan, report: Report): Promise<void>;
  /** What a compaction would merge, and what that would free. */
  planCompaction(request: CompactRequest): Promise<CompactionPlan>;
  /** Merges layers between which no version is left: what it did. */
  compact(request: CompactRequest, report: Report): Promise<CompactionPlan>;
  /** What a target holds: of all computers, or of one. */
  catalogs(target: Target, computer?: string): Promise<readonly Catalog[]>;
  /** What of it is lost, as far as can be told without reading what versions hold. */
  receipts(target: Target, catalog: Catalog): Promise<Receipts>;
  /** The computer that a command means. Errors: `not-found`, `invalid`. */
  computer(target: Target, computer?: string): Promise<Catalog>;
  /** An id, a unique prefix of one, or `latest`. Errors: `not-found`, `invalid`, `corrupt`. */
  version(catalog: Catalog, wanted: string): VersionRecord;
  /** The same for what needs no readable record. Errors: `not-found`, `invalid`. */
  versionId(catalog: Catalog, wanted: string): string;
}

export function createEngine(services: EngineServices): Engine {
  const finders: { hasher: Hasher; machine: Machine } = services;
  return {
    backup: (request, report) => backup(request, services, report),
    plan: (request) => planOnly(request, services),
    recordDisks: (paths, leftOut) => recordDisks(paths, services, leftOut),
    recordTarget: (request) => recordTarget(request, services),
    restore: (request, report) => restore(request, services, report),
    verify: (request, report) => verify(request, services, report),
    exportVersion: (request, report) => exportVersion(request, services, report),
    exportChain: (request, report) => exportChain(request, services, report),
    planDeletion: (request) => planDeletion(request, services),
    deleteVersions: (request, report) => deleteVersions(request, services, report),
    planPrune: (request) => planPrune(request, services),
    prune: (request, plan, report) => prune(request, plan, services, report),
    planCompaction: (request) => planCompaction(request, services),
    compact: (request, report) => compact(request, services, report),
    catalogs: (target, computer) => readCatalogs(target, computer, services.hasher),
    receipts: (target, catalog) => checkReceipts(target, catalog, services.hasher),
    computer: (target, computer) => chooseComputer(target, computer, finders),
    version: chooseVersion,
    versionId: chooseVersionId,
  };
}
