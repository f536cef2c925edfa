import { expect, test } from '@jest/globals';
import { ExtentSet } from '@sysimage/extents';
import type { MappedVolume } from '../../src/contract/source.js';
import { describeVolume } from '../../src/flow/describe-volume.js';
import { diskFacts, knownDisk } from '../../src/flow/disk-facts.js';
import type { SeenFileSystem } from '../../src/flow/see-disk.js';
import type { Volume } from '../../src/model/disk-layout.js';
import { mebibyte, sourceOf } from '../small-disk.js';

const size = 64 * mebibyte;
const partition = { index: 1, start: 0, size };
const places = (start: number) => [{ at: 0, length: 16 * mebibyte, start }];
const root: MappedVolume = { path: '/dev/vg/root', size: 16 * mebibyte, fileSystem: 'r', places: places(mebibyte) };
const home: MappedVolume = { ...root, path: '/dev/vg/home', fileSystem: 'h', places: places(32 * mebibyte) };
const locked: MappedVolume = { ...home, read: () => Promise.reject(new Error('nobody reads it')) };

function fileSystem(type: string, changes: Partial<SeenFileSystem> = {}): SeenFileSystem {
  const nothing = { label: undefined, id: undefined, stateReason: undefined, unitSize: 4096, size: undefined };
  const state = { state: 'clean', trueWhenFrozen: false, noMapReason: undefined } as const;
  return { ...nothing, ...state, type, allocated: ExtentSet.of({ start: 0, end: 4096 }), optional: [], ...changes };
}

const unclean = fileSystem('ext4', { state: 'unclean', stateReason: 'journal needs recovery' });

/** A partition of LVM with two volumes in it, as it is and as it was written down. */
function volumesOf(
  mapped: readonly MappedVolume[],
  inside: readonly SeenFileSystem[],
  mounted?: 'writing',
): readonly Volume[] {
  const mounts = mounted === undefined ? [] : [{ offset: 0, fileSystem: 'r', mountPoint: '/', readOnly: false }];
  const source = { ...sourceOf(new Uint8Array(0), { mapped, mounts }), size };
  const seen = {
    scheme: 'none' as const,
    id: undefined,
    partitions: [{ ...partition, type: '8e', active: false, kind: 'primary' as const }],
    tables: ExtentSet.empty,
    problems: [],
    dynamic: undefined,
    fileSystems: new Map([[1, fileSystem('lvm', { state: 'unknown', allocated: undefined })]]),
    mapped: new Map(inside.map((each, i) => [mapped[i]?.path ?? '', each])),
  };
  const again = knownDisk(diskFacts({ source, seen }, []));
  return [describeVolume(source, partition, seen, {}), describeVolume(again.source, partition, again.seen, {})].map(
    ({ volume }) => volume,
  );
}

test('a partition is no cleaner than what lies in it', () => {
  for (const volume of volumesOf([root, home], [unclean, fileSystem('ext4')])) {
    expect(volume).toMatchObject({
      consistency: 'crash',
      consistencyReason: '/dev/vg/root: journal needs recovery',
      copied: 'used',
      inside: [{ path: '/dev/vg/root', copied: 'whole' }, { copied: 'used' }],
    });
  }
  for (const volume of volumesOf([root], [unclean])) {
    expect(volume).toMatchObject({ consistency: 'crash', copied: 'whole', inside: [{ copied: 'whole' }] });
  }
  for (const volume of volumesOf([root, home], [fileSystem('ext4'), fileSystem('ext4')])) {
    expect(volume).toMatchObject({ consistency: 'clean', copied: 'used' });
    expect(volume.consistencyReason).toBeUndefined();
  }
  for (const volume of volumesOf([root], [unclean], 'writing'))
    expect(volume).toMatchObject({ consistency: 'live', consistencyReason: 'mounted for writing at /' });
});

test('what nobody could look into is not known to be clean', () => {
  const unknown = { consistency: 'crash', consistencyUnknown: true };
  for (const volume of volumesOf([], [])) expect(volume).toMatchObject({ ...unknown, copied: 'whole' });
  const locked = fileSystem('luks', { state: 'unknown', allocated: undefined });
  for (const volume of volumesOf([root, home], [locked, fileSystem('ext4')])) {
    const consistencyReason = '/dev/vg/root: whether luks was closed in order is not known';
    expect(volume).toMatchObject({ ...unknown, consistencyReason });
  }
  // What is known to be wrong weighs more.
  for (const volume of volumesOf([root, home], [locked, unclean])) {
    expect(volume).toMatchObject({ consistencyReason: '/dev/vg/home: journal needs recovery' });
    expect(volume.consistencyUnknown).toBeUndefined();
  }
});

test('what of it is encrypted is told, opened or not', () => {
  for (const volume of volumesOf([root, locked], [fileSystem('luks', { allocated: undefined }), fileSystem('ext4')])) {
    expect(volume.inside).toMatchObject([{ path: '/dev/vg/root', fileSystem: 'luks' }, { encrypted: true }]);
    expect(volume.inside?.[0]).not.toHaveProperty('encrypted');
  }
});
