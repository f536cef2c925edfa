export { openDirectory } from './directory-target.js';
export type { DirectoryOptions } from './options.js';
export { plugin, plugin as default } from './plugin.js';
