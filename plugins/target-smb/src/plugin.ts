import { defineTarget, pluginApi, type Plugin } from '@sysimage/core/plugin';
import { optionsFromUrl, smbOptions } from './options.js';
import { openShare } from './smb-target.js';

export const smb = defineTarget({
  kind: 'smb',
  description: 'A folder on an SMB share',
  facets: ['random', 'capacity'],
  options: smbOptions,
  fromUrl: optionsFromUrl,
  open: (options, host, purpose) => openShare(options, host, purpose),
});

export const plugin: Plugin = {
  meta: { name: '@sysimage/target-smb', version: '0.1.0', api: pluginApi },
  targets: [smb],
};
