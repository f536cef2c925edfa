import { defineTarget, pluginApi, type Plugin } from '@sysimage/core/plugin';
import { openOptical } from './optical-target.js';
import { opticalOptions, optionsFromUrl } from './options.js';

export const optical = defineTarget({
  kind: 'optical',
  description: 'A set of optical discs, as images in a folder',
  facets: ['batch', 'media'],
  options: opticalOptions,
  fromUrl: optionsFromUrl,
  path: ({ folder }) => folder,
  open: openOptical,
});

export const plugin: Plugin = {
  meta: { name: '@sysimage/target-optical', version: '0.1.0', api: pluginApi },
  targets: [optical],
};
