/** The engine, for programs that embed sysimage. Plugins use `@sysimage/core/plugin`. */
export * from './plugin.js';
export * from './contract/services.js';
export { backup, type BackupRequest, type BackupResult, type PlanResult } from './flow/backup.js';
export { compact, planCompaction, type CompactionPlan, type CompactRequest, type Merge } from './flow/compact.js';
export { deleteVersions, planDeletion, type DeleteRequest, type DeletionPlan } from './flow/delete-versions.js';
export type { EngineEvent, EngineServices, Phase, Report as EngineReport } from './flow/engine.js';
export { chooseComputer, chooseVersion, computerName, readCatalogs } from './flow/find-version.js';
export { findFirmwareGap, type FirmwareGap } from './flow/firmware-entries.js';
export { inspectDisk, optionalContents, type InspectedDisk } from './flow/inspect-disk.js';
export { acquireLease, type StealLease } from './flow/lease.js';
export { recover } from './flow/recover.js';
export type { HeldLayer, RemovalPlan } from './flow/plan-removal.js';
export { planPrune, prune, type PrunePlan, type PruneRequest } from './flow/prune.js';
export { checkReceipts, type Receipts } from './flow/check-receipts.js';
export { planRecorded, type RecordedMachine, type RecordedPlan, type RecordedRequest } from './flow/plan-recorded.js';
export type { LeftOut } from './flow/record-disks.js';
export type { TargetRecordRequest } from './flow/record-target.js';
export { restore, type DestructionQuestion, type RestoredDisk, type RestoreRequest } from './flow/restore.js';
export type { DestinationState } from './flow/examine-destination.js';
export { verify, type VerifyRequest, type VerifyResult } from './flow/verify.js';
export type { Damage, FoundDamage } from './model/damage.js';
export type { VerifyPoint } from './model/verify-point.js';
export type { Share } from './image/share.js';
export { exportChain, type ExportChainRequest } from './flow/export-chain.js';
export { exportVersion, type ExportedFile, type ExportRequest } from './flow/export.js';
export type { ExportFormat } from './image/export-layout.js';
export { listComputers, readCatalog, type Catalog, type LostVersion } from './image/catalog.js';
export { computerFolder, computerNames, type ComputerNames } from './image/names.js';
export { VersionReader } from './image/version-reader.js';
export type { Consistency } from './model/disk-layout.js';
export { planningFactsSchema, readPlanningFacts, type PlanningFacts } from './model/planning-facts.js';
export type { TargetFacts } from './model/target-facts.js';
export type { DiskFacts } from './model/disk-facts.js';
export { findingSchema, severitySchema, type Finding } from './model/finding.js';
export type {
  BootConfigurationRecord,
  DiskRecord,
  FirmwareEntryRecord,
  VersionRecord,
} from './model/version-record.js';
export {
  chooseRetained,
  retentionPeriods,
  type KeptVersion,
  type Retention,
  type RetentionPeriod,
  type RetentionRules,
} from './plan/retention.js';
export {
  volumeRoles,
  type SurveyedSystem,
  type SystemSurvey,
  type VolumeRole,
  type VolumeRoles,
} from './plan/volume-roles.js';
export { surveySystems } from './flow/inspect-systems.js';
export { surveyRecorded, type RecordedSurvey } from './flow/survey-recorded.js';
export { asFarAsKnown } from './plan/as-far-as-known.js';
export { selectVolumes } from './plan/selection.js';
export { chooseStrategy } from './plan/strategy.js';
export { isGood } from './plan/good-version.js';
export { passedPolicies, review, type ReviewSettings } from './plan/review.js';
export { profiles, type Profile } from './plan/review-profile.js';
export { runningSystem, type RunningSystem } from './plan/running-system.js';
export { optionComplaints, type AskedOptions, type OptionComplaint } from './plan/policy-options.js';
export { configurePolicies, type PolicySettings } from './plan/review-settings.js';
export type { Suppression } from './plan/suppression.js';
export { createEngine, type Engine } from './flow/engine-service.js';
export { coreServices } from './flow/core-services.js';
export { createRegistry, type Registry, type TargetView } from './flow/target-registry.js';
export { checkPrefix, probeName, readProbe, withoutWithheld, writeProbe } from './flow/probe.js';
export type { ProbeRecord } from './model/probe-record.js';
