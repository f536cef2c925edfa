export { applyChanges, type Change } from './changes.js';
export type { Outcome } from './fault.js';
export { packObject, unpackObject, type Folder, type PackedFolder, type PackedObject, type Run } from './folder.js';
export { readSets, readVectors, type VectorSet } from './read-data.js';
export { readWithEngine } from './read-with-engine.js';
export { folderOf, makeVectors, type Vector } from './vectors.js';
export { hexDump } from './hex-dump.js';
