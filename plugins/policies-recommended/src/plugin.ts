import { pluginApi, type Plugin } from '@sysimage/core/plugin';
import { bootPartitionLeftOut } from './boot-partition-left-out.js';
import { duplicateVolumeId } from './duplicate-volume-id.js';
import { compressed } from './compressed.js';
import { dynamicDisk } from './dynamic-disk.js';
import { dynamicGroup } from './dynamic-group.js';
import { encryptedVolume } from './encrypted-volume.js';
import { failingDisk } from './failing-disk.js';
import { fileSizeLimit } from './file-size-limit.js';
import { fileSystem } from './file-system.js';
import { freeSpace } from './free-space.js';
import { inMemory } from './in-memory.js';
import { incompletePool } from './incomplete-pool.js';
import { interruptedRun } from './interrupted-run.js';
import { layoutChanged } from './layout-changed.js';
import { leftOutVolume } from './left-out-volume.js';
import { liveVolume } from './live-volume.js';
import { manyVersions } from './many-versions.js';
import { mbrLimit } from './mbr-limit.js';
import { nearlyFull } from './nearly-full.js';
import { neededVolumeLeftOut } from './needed-volume-left-out.js';
import { networkMount } from './network-mount.js';
import { noAgeLimit } from './no-age-limit.js';
import { noDiskId } from './no-disk-id.js';
import { noRecentVersion } from './no-recent-version.js';
import { nobodyIsTold } from './nobody-is-told.js';
import { otherSystem } from './other-system.js';
import { partitionTable } from './partition-table.js';
import { renamedComputer } from './renamed-computer.js';
import { replacedInPlace } from './replaced-in-place.js';
import { samePhysicalDisk } from './same-physical-disk.js';
import { singleVersion } from './single-version.js';
import { targetSize } from './size.js';
import { staleDynamicDisk } from './stale-dynamic-disk.js';
import { systemChanged } from './system-changed.js';
import { systemVolume } from './system-volume.js';
import { targetNotClean } from './target-not-clean.js';
import { unknownContent } from './unknown-content.js';
import { verifyOverdue } from './verify-overdue.js';
import { versionInFuture } from './version-in-future.js';
import { volumeNotClean } from './volume-not-clean.js';
import { wholeVersions } from './whole-versions.js';

export const plugin: Plugin = {
  meta: { name: '@sysimage/policies-recommended', version: '0.1.0', api: pluginApi },
  policies: [
    noAgeLimit,
    nobodyIsTold,
    bootPartitionLeftOut,
    duplicateVolumeId,
    dynamicGroup,
    encryptedVolume,
    failingDisk,
    incompletePool,
    layoutChanged,
    leftOutVolume,
    liveVolume,
    mbrLimit,
    neededVolumeLeftOut,
    noDiskId,
    otherSystem,
    partitionTable,
    staleDynamicDisk,
    systemChanged,
    unknownContent,
    volumeNotClean,
    compressed,
    dynamicDisk,
    fileSizeLimit,
    fileSystem,
    freeSpace,
    inMemory,
    interruptedRun,
    manyVersions,
    nearlyFull,
    networkMount,
    noRecentVersion,
    targetNotClean,
    renamedComputer,
    replacedInPlace,
    samePhysicalDisk,
    singleVersion,
    targetSize,
    systemVolume,
    verifyOverdue,
    versionInFuture,
    wholeVersions,
  ],
};
