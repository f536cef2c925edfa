export { ntfs, plugin, plugin as default } from './plugin.js';
