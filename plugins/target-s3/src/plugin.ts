import { defineTarget, pluginApi, type Plugin } from '@sysimage/core/plugin';
import { optionsFromUrl, s3Options } from './options.js';
import { openS3 } from './s3-target.js';

export const bucket = defineTarget({
  kind: 's3',
  description: 'A bucket of an S3 server',
  facets: [],
  options: s3Options,
  fromUrl: optionsFromUrl,
  open: (options, host, purpose) => openS3(options, host, purpose),
});

export const plugin: Plugin = {
  meta: { name: '@sysimage/target-s3', version: '0.1.0', api: pluginApi },
  targets: [bucket],
};
