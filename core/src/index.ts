/** The engine, for programs that embed sysimage. Plugins use `@sysimage/core/plugin`. */
export * from './plugin.js';
export * from './contract/services.js';
export { backup, recover, type BackupRequest, type BackupResult } from './flow/backup.js';
export type { EngineEvent, EngineServices, Phase, Report as EngineReport } from './flow/engine.js';
export { chooseComputer, chooseVersion, computerName, readCatalogs } from './flow/find-version.js';
export { inspectDisk, type InspectedDisk } from './flow/inspect-disk.js';
export { acquireLease } from './flow/lease.js';
export { restore, type DestructionQuestion, type RestoredDisk, type RestoreRequest } from './flow/restore.js';
export type { DestinationState } from './flow/examine-destination.js';
export { listComputers, readCatalog, type Catalog, type LostVersion } from './image/catalog.js';
export { computerFolder, computerNames, type ComputerNames } from './image/names.js';
export { VersionReader } from './image/version-reader.js';
export type { Consistency, DiskLayout, Volume } from './model/disk-layout.js';
export type { Finding } from './model/finding.js';
export type { DiskRecord, VersionRecord } from './model/version-record.js';
export { chooseStrategy } from './plan/strategy.js';
export { review, type ReviewSettings } from './plan/review.js';
