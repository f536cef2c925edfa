import { expect, test } from '@jest/globals';
import { makesHoles } from '../src/makes-holes.js';

test.each([
  ['fuseblk', ['rw'], true, false, true],
  ['fuseblk', ['rw'], true, true, true],
  ['fuseblk', ['rw'], true, undefined, true],
  ['fuse.ntfs-3g', ['rw'], true, false, true],
  ['ntfs3', ['rw', 'sparse'], true, false, true],
  ['ntfs3', ['rw'], true, false, false],
  ['ntfs3', ['rw'], true, true, undefined],
  ['ntfs3', ['rw'], true, undefined, undefined],
  ['ntfs', ['rw'], true, false, undefined],
  ['fuseblk', ['rw'], false, false, false],
  ['ntfs3', ['rw', 'sparse'], false, false, false],
  ['fuseblk', ['rw'], undefined, false, undefined],
] as const)(
  '%s (%j) on a volume with holes: %s, compressed: %s',
  (fileSystem, options, canHaveHoles, compressed, made) => {
    const volume = canHaveHoles === undefined ? {} : { canHaveHoles };
    expect(makesHoles(volume, { fileSystem, options }, { compressed })).toBe(made);
  },
);
