export type { S3Options } from './options.js';
export { plugin, plugin as default } from './plugin.js';
export { openS3 } from './s3-target.js';
