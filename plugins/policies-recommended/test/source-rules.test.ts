import { describe, expect, test } from '@jest/globals';
import { liveVolume } from '../src/live-volume.js';
import { partitionTable } from '../src/partition-table.js';
import { volumeNotClean } from '../src/volume-not-clean.js';
import { disk, findings, planned, volume } from './planned.js';

const crashed = volume({
  partition: 3,
  consistency: 'crash',
  consistencyReason: 'the log is not empty',
  copied: 'whole',
});
const live = volume({ consistency: 'live', consistencyReason: 'mounted for writing at /', mountPoint: '/' });
const others = [
  volume(),
  volume({ consistency: 'frozen' }),
  volume({ copied: 'whole', wholeReason: 'no known file system' }),
];
const withVolumes = (...volumes: ReturnType<typeof volume>[]): ReturnType<typeof disk> => disk({}, { volumes });

describe('source/volume-not-clean', () => {
  test('fires for each volume, with its name and reason', () => {
    expect(findings(volumeNotClean, planned({ disks: [withVolumes(...others, crashed)] }))).toEqual([
      expect.objectContaining({
        subject: 'disks/0/volumes/3',
        text: 'partition 3 (ntfs, Windows) of /dev/sda was not closed in order: the log is not empty. It is copied whole',
      }),
    ]);
  });

  test('names a volume of which nothing is known', () => {
    const { fileSystem: _, label: __, consistencyReason: ___, ...bare } = { ...crashed, partition: 0 };
    const [found] = findings(volumeNotClean, planned({ disks: [withVolumes(bare)] }));
    expect(found?.text).toContain(
      'the volume of the whole disk of /dev/sda was not closed in order: it does not say why',
    );
  });

  test('is silent for clean and frozen ones, and for a live one that stops the run anyway', () => {
    expect(findings(volumeNotClean, planned({ disks: [withVolumes(...others, live)] }))).toEqual([]);
  });

  test('still warns of a live one that was allowed', () => {
    expect(findings(volumeNotClean, planned({ disks: [withVolumes(live)], allowLive: true }))).toEqual([
      expect.objectContaining({ subject: 'disks/0/volumes/0', messageId: 'live' }),
    ]);
  });
});

describe('source/live-volume', () => {
  test('fires for each live volume', () => {
    const disks = [withVolumes(...others), { ...withVolumes(crashed, live), index: 1 }];
    expect(findings(liveVolume, planned({ disks }))).toEqual([
      expect.objectContaining({
        subject: 'disks/1/volumes/1',
        text: expect.stringContaining('partition 1 (ntfs, Windows, /) of /dev/sda is in use: mounted for writing at /'),
      }),
    ]);
  });

  test('is silent when it is allowed, and for all others', () => {
    expect(findings(liveVolume, planned({ disks: [withVolumes(live)], allowLive: true }))).toEqual([]);
    expect(findings(liveVolume, planned({ disks: [withVolumes(...others, crashed)] }))).toEqual([]);
  });
});

describe('source/partition-table', () => {
  test('fires for each problem', () => {
    const disks = [
      disk(),
      disk({ index: 1, path: '/dev/sdb' }, { problems: ['the backup header is broken', 'other'] }),
    ];
    expect(findings(partitionTable, planned({ disks }))).toEqual([
      expect.objectContaining({
        subject: 'disks/1',
        text: 'The partition table of /dev/sdb: the backup header is broken',
      }),
      expect.objectContaining({ subject: 'disks/1' }),
    ]);
  });

  test('is silent when there is none', () => {
    expect(findings(partitionTable, planned())).toEqual([]);
  });
});
