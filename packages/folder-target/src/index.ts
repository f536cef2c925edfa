export { folderFromUrl, folderOptions, type PlaceInFolder } from './folder-options.js';
export { openFolder, type FolderOptions } from './open-folder.js';
