/** All that a plugin needs: types, one error, names, identity helpers. No state, no container. */
export { orCancelled, throwIfCancelled, untilCancelled } from './contract/cancellation.js';
export { completeTarget, deriveCapabilities } from './contract/capabilities.js';
export type { DirectRead, LendFile } from './contract/direct-read.js';
export {
  isSysimageError,
  SysimageError,
  type ErrorCode,
  type ErrorContext,
  type Retry,
  type SysimageErrorOptions,
} from './contract/errors.js';
export { isBelow, isObjectName, objectName, type NamePrefix, type ObjectName } from './contract/names.js';
export {
  defineTarget,
  lazyTarget,
  pluginApi,
  type AnyTargetPlugin,
  type DisksBelow,
  type ExactParts,
  type Host,
  type OpenPurpose,
  type PlaceReference,
  type OptionsSchema,
  type Plugin,
  type TargetManifest,
  type TargetPlugin,
} from './contract/plugin.js';
export {
  definePolicy,
  planParts,
  type PlanPart,
  type Policy,
  type PolicyOption,
  type Report,
  type Severity,
} from './contract/policy.js';
export * from './contract/snapshot.js';
export type * from './contract/source.js';
export {
  supports,
  type Batches,
  type BatchSpec,
  type CallOptions,
  type Capabilities,
  type Capacity,
  type Chunks,
  type Facets,
  type FacetName,
  type FacetsOf,
  type FileSystemBelow,
  type GetOptions,
  type Held,
  type History,
  type LeaseHolder,
  type LeaseRequest,
  type Leases,
  type ListOptions,
  type Media,
  type MediaPiece,
  type Medium,
  type ObjectStat,
  type OpenBatch,
  type PhysicalDisk,
  type PutOptions,
  type RandomAccess,
  type RandomFile,
  type Retention,
  type Target,
  type TargetParts,
  type TargetTraits,
  type VolumeTraits,
} from './contract/target.js';
export type { DiskLayout, Volume } from './model/disk-layout.js';
export type * from './model/plan.js';
export type { Profile } from './plan/review-profile.js';
export type { Extent } from '@sysimage/extents';
