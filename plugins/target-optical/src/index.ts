export { openOptical } from './optical-target.js';
export type { OpticalOptions } from './options.js';
export { plugin, plugin as default } from './plugin.js';
