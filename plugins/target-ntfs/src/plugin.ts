import { defineTarget, pluginApi, type Plugin } from '@sysimage/core/plugin';
import { folderFromUrl, folderOptions, openFolder } from '@sysimage/folder-target';
import { ntfsMountOf } from './ntfs-mount.js';

export const ntfs = defineTarget({
  kind: 'ntfs',
  description: 'A mounted NTFS volume; keeps older versions',
  facets: ['random', 'capacity'],
  options: folderOptions,
  fromUrl: folderFromUrl('ntfs'),
  path: ({ path }) => path,
  open: async (options, host, purpose) => {
    await ntfsMountOf(options.path);
    const parts = await openFolder({ kind: 'ntfs', ...options }, host, purpose);
    return { ...parts, traits: { ...parts.traits, fileSystem: 'ntfs' } };
  },
});

export const plugin: Plugin = {
  meta: { name: '@sysimage/target-ntfs', version: '0.1.0', api: pluginApi },
  targets: [ntfs],
};
