import { pluginApi, type Plugin } from '@sysimage/core/plugin';
import { bootPartitionLeftOut } from './boot-partition-left-out.js';
import { duplicateVolumeId } from './duplicate-volume-id.js';
import { dynamicDisk } from './dynamic-disk.js';
import { dynamicGroup } from './dynamic-group.js';
import { encryptedVolume } from './encrypted-volume.js';
import { failingDisk } from './failing-disk.js';
import { freeSpace } from './free-space.js';
import { inMemory } from './in-memory.js';
import { layoutChanged } from './layout-changed.js';
import { leftOutVolume } from './left-out-volume.js';
import { liveVolume } from './live-volume.js';
import { nearlyFull } from './nearly-full.js';
import { neededVolumeLeftOut } from './needed-volume-left-out.js';
import { noDiskId } from './no-disk-id.js';
import { otherSystem } from './other-system.js';
import { partitionTable } from './partition-table.js';
import { replacedInPlace } from './replaced-in-place.js';
import { samePhysicalDisk } from './same-physical-disk.js';
import { singleVersion } from './single-version.js';
import { targetSize } from './size.js';
import { systemVolume } from './system-volume.js';
import { unknownContent } from './unknown-content.js';
import { verifyOverdue } from './verify-overdue.js';
import { volumeNotClean } from './volume-not-clean.js';
import { wholeVersions } from './whole-versions.js';

export const plugin: Plugin = {
  meta: { name: '@sysimage/policies-recommended', version: '0.1.0', api: pluginApi },
  policies: [
    bootPartitionLeftOut,
    duplicateVolumeId,
    dynamicGroup,
    encryptedVolume,
    failingDisk,
    layoutChanged,
    leftOutVolume,
    liveVolume,
    neededVolumeLeftOut,
    noDiskId,
    otherSystem,
    partitionTable,
    unknownContent,
    volumeNotClean,
    dynamicDisk,
    freeSpace,
    inMemory,
    nearlyFull,
    replacedInPlace,
    samePhysicalDisk,
    singleVersion,
    targetSize,
    systemVolume,
    verifyOverdue,
    wholeVersions,
  ],
};
