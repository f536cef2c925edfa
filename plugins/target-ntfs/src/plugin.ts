import { defineTarget, pluginApi, type Plugin } from '@sysimage/core/plugin';
import { openNtfs } from './open-ntfs.js';
import { ntfsOptions, optionsFromUrl } from './options.js';

export const ntfs = defineTarget({
  kind: 'ntfs',
  description: 'An NTFS volume, mounted or not; keeps older versions',
  facets: ['random', 'capacity'],
  options: ntfsOptions,
  fromUrl: optionsFromUrl,
  path: ({ path }) => path,
  open: (options, host, purpose) => openNtfs(options, host, purpose),
});

export const plugin: Plugin = {
  meta: { name: '@sysimage/target-ntfs', version: '0.1.0', api: pluginApi },
  targets: [ntfs],
};
