export { folderFromUrl, folderOptions, type PlaceInFolder } from './folder-options.js';
export { canShareBlocks, createHistory } from './history.js';
export { tryLock } from './native.js';
export { openFolder, type FolderOptions } from './open-folder.js';
