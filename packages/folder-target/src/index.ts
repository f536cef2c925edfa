export { openFolder, type FolderOptions } from './open-folder.js';
