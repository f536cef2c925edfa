import { pluginApi, type Plugin } from '@sysimage/core/plugin';
import { freeSpace } from './free-space.js';
import { liveVolume } from './live-volume.js';
import { partitionTable } from './partition-table.js';
import { samePhysicalDisk } from './same-physical-disk.js';
import { singleVersion } from './single-version.js';
import { verifyOverdue } from './verify-overdue.js';
import { volumeNotClean } from './volume-not-clean.js';

export const plugin: Plugin = {
  meta: { name: '@sysimage/policies-recommended', version: '0.1.0', api: pluginApi },
  policies: [freeSpace, liveVolume, partitionTable, samePhysicalDisk, singleVersion, verifyOverdue, volumeNotClean],
};
