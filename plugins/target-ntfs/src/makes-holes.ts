import type { Mount } from '@sysimage/block-device';
import type { FileSystem } from '@sysimage/filesystems';

interface Folder {
  readonly compressed: boolean | undefined;
}

/**
 * Whether what nobody has written in a file that a driver makes takes no room; `undefined` where nobody knows. ntfs-3g makes holes
 * wherever the volume may have them, in compressed files too; ntfs3 only when it was mounted with `sparse` (its own documentation).
 */
export function makesHoles(
  { canHaveHoles }: Pick<FileSystem, 'canHaveHoles'>,
  { fileSystem, options }: Pick<Mount, 'fileSystem' | 'options'>,
  { compressed }: Folder,
): boolean | undefined {
  if (canHaveHoles !== true || fileSystem.startsWith('fuse')) return canHaveHoles;
  if (fileSystem !== 'ntfs3') return undefined;
  if (options.includes('sparse')) return true;
  // Units of compressed files that hold nothing but zeros may take no room all the same.
  return compressed === false ? false : undefined;
}
