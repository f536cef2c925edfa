export type { SmbOptions } from './options.js';
export { plugin, plugin as default } from './plugin.js';
export type { ConnectSmb, SmbClient } from './smb-client.js';
export { openShare } from './smb-target.js';
