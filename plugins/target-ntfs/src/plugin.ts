import { defineTarget, pluginApi, type Plugin } from '@sysimage/core/plugin';
import { openFolder } from '@sysimage/folder-target';
import { ntfsMountOf } from './ntfs-mount.js';
import { ntfsOptions, optionsFromUrl } from './options.js';

export const ntfs = defineTarget({
  kind: 'ntfs',
  description: 'A mounted NTFS volume; keeps older versions',
  facets: ['random', 'capacity'],
  options: ntfsOptions,
  fromUrl: optionsFromUrl,
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
