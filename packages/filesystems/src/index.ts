export type { FileSystem, FileSystemState, FileSystemType } from './file-system.js';
export { readFileSystem } from './read-file-system.js';
