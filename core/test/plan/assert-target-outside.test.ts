import { expect, test } from '@jest/globals';
import type { Volume } from '../../src/model/disk-layout.js';
import { assertTargetOutside, type MountedDisk } from '../../src/plan/assert-target-outside.js';

function volume(partition: number, copied: Volume['copied'] = 'used'): Volume {
  return { partition, start: partition * 100, size: 100, consistency: 'live', copied, usedBytes: 50 };
}

const disk: MountedDisk = {
  path: '/dev/sda',
  layout: { volumes: [volume(1), volume(2), volume(3, 'none')] },
  mounts: [
    { mountPoint: '/', offset: 100, fileSystem: 'root', readOnly: false },
    { mountPoint: '/home', offset: 250, fileSystem: 'home', readOnly: false },
    { mountPoint: '/data', offset: 300, fileSystem: 'data', readOnly: false },
    { mountPoint: '/elsewhere', offset: 900, fileSystem: 'elsewhere', readOnly: false },
    { mountPoint: '/pool', fileSystem: 'pool', readOnly: false },
    { mountPoint: '/nameless', offset: 100, readOnly: false },
  ],
};

function refusal(ids: readonly string[] | undefined, disks: readonly MountedDisk[] = [disk]): unknown {
  const below = ids?.map((id) => ({ id, type: 'ext4', mountPoint: '/', keeper: 'machine' }) as const);
  try {
    assertTargetOutside(disks, { location: '/b', ...(below === undefined ? {} : { fileSystemsBelow: below }) });
  } catch (error) {
    return error;
  }
  return undefined;
}

test('a target in a volume that is taken is refused, however deep it lies there', () => {
  expect(refusal(['root'])).toMatchObject({
    code: 'policy',
    message: 'the target /b lies in partition 1 of /dev/sda, mounted at /, which is to be backed up',
    remedy: expect.stringContaining('--exclude 0:1'),
  });
  expect(refusal(['an image file', 'home'])).toMatchObject({ message: expect.stringContaining('partition 2') });
  const whole = { ...disk, path: '/image', layout: { volumes: [{ ...volume(0), size: 1000 }] } };
  expect(refusal(['data'], [{ ...disk, mounts: [] }, whole])).toMatchObject({
    message: 'the target /b lies in /image, mounted at /data, which is to be backed up',
    remedy: expect.stringContaining('--exclude 1:0'),
  });
});

test('a target beside what is taken is not', () => {
  expect(refusal(['data'])).toBeUndefined();
  expect(refusal(['elsewhere'])).toBeUndefined();
  expect(refusal(['another'])).toBeUndefined();
  expect(refusal([])).toBeUndefined();
  expect(refusal(undefined)).toBeUndefined();
});

test('where nobody knows in which volume something is mounted, it may be in any that is taken', () => {
  expect(refusal(['pool'])).toMatchObject({
    code: 'policy',
    message:
      'the target /b lies on /dev/sda, mounted at /pool, and nobody knows in which of its volumes: some are to be backed up',
    remedy: expect.stringContaining('losetup --offset'),
  });
  expect(refusal(['pool'], [{ ...disk, layout: { volumes: [volume(3, 'none')] } }])).toBeUndefined();
  expect(refusal(['pool'], [{ ...disk, layout: { volumes: [volume(1), volume(2)] } }])).toMatchObject({
    code: 'policy',
  });
});
