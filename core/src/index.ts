export * from './plugin.js';
export * from './contract/services.js';
