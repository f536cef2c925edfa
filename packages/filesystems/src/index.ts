export type { FileSystem, FileSystemState, FileSystemType, OptionalContent } from './file-system.js';
export type { FileEntry, Files } from './files/files.js';
export type { FileKind } from './files/file-tree.js';
export { openFiles } from './files/open-files.js';
export { readFileSystem } from './read-file-system.js';
