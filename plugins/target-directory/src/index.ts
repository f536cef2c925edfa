export { directory, plugin, plugin as default } from './plugin.js';
