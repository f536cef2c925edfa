import { describe, expect, test } from '@jest/globals';
import { freeSpace } from '../src/free-space.js';
import { samePhysicalDisk } from '../src/same-physical-disk.js';
import { singleVersion } from '../src/single-version.js';
import { disk, findings, planned, sda, sdb } from './planned.js';

describe('target/same-physical-disk', () => {
  test('fires for each disk that the target shares', () => {
    const disks = [disk(), disk({ index: 1, path: '/dev/md0', physicalDisks: [sda, sdb] }), disk({ index: 2 })];
    expect(findings(samePhysicalDisk, planned({ disks }))).toEqual([
      expect.objectContaining({
        subject: 'disks/1',
        text: 'The target /mnt/backup lies on /dev/sdb, the same physical disk as /dev/md0: if it fails, both are lost',
      }),
    ]);
  });

  test('is silent on another disk, and on no disk of this machine', () => {
    expect(findings(samePhysicalDisk, planned())).toEqual([]);
    const elsewhere = planned({ disks: [disk({ physicalDisks: undefined })] }, { traits: { physicalDisks: [] } });
    expect(findings(samePhysicalDisk, elsewhere)).toEqual([]);
  });

  test('is unknown when either side is, and says why', () => {
    const { physicalDisks: _, ...traits } = planned().target.traits;
    const target = { ...planned().target, traits: { ...traits, physicalDisksUnknown: 'it is tmpfs' } };
    expect(findings(samePhysicalDisk, { ...planned(), target })).toEqual([
      expect.objectContaining({ subject: 'target', unknown: true, text: expect.stringContaining('it is tmpfs') }),
    ]);
    const disks = [disk({ physicalDisks: undefined, physicalDisksUnknown: 'a share' })];
    expect(findings(samePhysicalDisk, planned({ disks }))).toEqual([
      expect.objectContaining({ subject: 'disks/0', unknown: true, text: expect.stringContaining('a share') }),
    ]);
  });
});

describe('target/single-version', () => {
  test('fires when only the newest version stays', () => {
    const found = findings(singleVersion, planned({}, { traits: { singleVersion: true } }));
    expect(found).toEqual([expect.objectContaining({ subject: 'target', messageId: 'single' })]);
  });

  test('is silent when versions stay', () => {
    expect(findings(singleVersion, planned())).toEqual([]);
  });
});

describe('target/free-space', () => {
  test('fires when a byte is missing', () => {
    const found = findings(freeSpace, planned({ bytesNeeded: 3 * 2 ** 29 + 1 }, { free: 3 * 2 ** 29 }));
    expect(found).toEqual([
      expect.objectContaining({
        subject: 'target',
        text: 'This run needs about 1.5 GiB, and /mnt/backup has 1.5 GiB free: 1 bytes too little',
      }),
    ]);
  });

  test('is silent when it just fits, and where there is no end', () => {
    expect(findings(freeSpace, planned({ bytesNeeded: 100 }, { free: 100 }))).toEqual([]);
    const bucket = planned({}, { free: undefined, traits: { medium: 'object-store' } });
    expect(findings(freeSpace, bucket)).toEqual([]);
  });

  test('is unknown when the target does not tell', () => {
    expect(findings(freeSpace, planned({}, { free: undefined }))).toEqual([
      expect.objectContaining({ subject: 'target', unknown: true }),
    ]);
  });
});
