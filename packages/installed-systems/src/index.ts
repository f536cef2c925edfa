export {
  readBootConfiguration,
  type BootConfiguration,
  type BootDevice,
  type BootEntry,
} from './boot-configuration.js';
export { findBootConfigurations, type FoundBootConfiguration } from './find-boot-configurations.js';
export { findSystems } from './find-systems.js';
export { readFirmwareEntry, readFirmwareOrder, type FirmwareEntry, type FirmwarePartition } from './firmware-entry.js';
export { openHive, textOf, textsOf, type Hive, type HiveKey, type HiveValue } from './hive.js';
export type { InstalledSystem, Need, Role } from './installed-system.js';
export { neededMountPoints } from './linux.js';
export { startTypes } from './needed-by-type.js';
export type { CandidateDisk, CandidateVolume } from './volume.js';
