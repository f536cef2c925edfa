export { type DirectoryOptions } from './options.js';
export { directory, plugin, plugin as default } from './plugin.js';
