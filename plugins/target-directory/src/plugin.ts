import { defineTarget, pluginApi, type Plugin } from '@sysimage/core/plugin';
import { folderFromUrl, folderOptions, openFolder } from '@sysimage/folder-target';

export const directory = defineTarget({
  kind: 'dir',
  description: 'A folder on a local file system',
  facets: ['random', 'capacity'],
  options: folderOptions,
  fromUrl: folderFromUrl('dir'),
  path: ({ path }) => path,
  open: (options, host, purpose) => openFolder({ kind: 'dir', ...options }, host, purpose),
});

export const plugin: Plugin = {
  meta: { name: '@sysimage/target-directory', version: '0.1.0', api: pluginApi },
  targets: [directory],
};
