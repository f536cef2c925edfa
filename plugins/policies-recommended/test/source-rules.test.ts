import { describe, test } from '@jest/globals';
import { diskFacts, planFacts, policyCases, volumeFacts } from '@sysimage/policy-kit';
import { liveVolume } from '../src/live-volume.js';
import { partitionTable } from '../src/partition-table.js';
import { volumeNotClean } from '../src/volume-not-clean.js';

type Volume = ReturnType<typeof volumeFacts>;

const crashed = volumeFacts({
  partition: 3,
  consistency: 'crash',
  consistencyReason: 'the log is not empty',
  copied: 'whole',
});
const live = volumeFacts({ consistency: 'live', consistencyReason: 'mounted for writing at /', mountPoint: '/' });
const others = [
  volumeFacts(),
  volumeFacts({ consistency: 'frozen' }),
  volumeFacts({ copied: 'whole', wholeReason: 'no known file system' }),
];
const leftOut = [crashed, live].map((volume): Volume => ({ ...volume, copied: 'none' }));
const withVolumes = (...volumes: readonly Volume[]): ReturnType<typeof diskFacts> =>
  diskFacts({}, { volumes: [...volumes] });

describe('source/volume-not-clean', () => {
  const bare = volumeFacts({ consistency: 'crash', partition: 0, fileSystem: undefined, label: undefined });
  const cases = policyCases(volumeNotClean, {
    valid: [
      { name: 'clean and frozen volumes', facts: planFacts({ disks: [withVolumes(...others)] }) },
      { name: 'a live volume that stops the run anyway', facts: planFacts({ disks: [withVolumes(live)] }) },
      { name: 'volumes that are left out', facts: planFacts({ disks: [withVolumes(...leftOut)], allowLive: true }) },
    ],
    invalid: [
      {
        name: 'each volume, with its name and reason',
        facts: planFacts({ disks: [withVolumes(...others, crashed)] }),
        findings: [
          {
            messageId: 'unclean',
            subject: 'disks/0/volumes/3',
            message:
              'partition 3 (ntfs, Windows) of /dev/sda was not closed in order: the log is not empty. It is copied whole',
          },
        ],
      },
      {
        name: 'a volume of which nobody knows',
        facts: planFacts({ disks: [withVolumes({ ...crashed, consistencyUnknown: true })] }),
        findings: [{ messageId: 'unknown', unknown: true, message: /may not have been closed in order: the log is/u }],
      },
      {
        name: 'a volume of which nothing is known',
        facts: planFacts({ disks: [withVolumes(bare)] }),
        findings: [
          {
            messageId: 'unclean',
            message:
              'the volume of the whole disk of /dev/sda was not closed in order: it does not say why. It is copied by its blocks in use only',
          },
        ],
      },
      {
        name: 'a live volume that was allowed',
        facts: planFacts({ disks: [withVolumes(live)], allowLive: true }),
        findings: [{ messageId: 'live', subject: 'disks/0/volumes/0' }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/live-volume', () => {
  const cases = policyCases(liveVolume, {
    valid: [
      { name: 'a live volume that was allowed', facts: planFacts({ disks: [withVolumes(live)], allowLive: true }) },
      { name: 'all others', facts: planFacts({ disks: [withVolumes(...others, crashed)] }) },
      { name: 'volumes that are left out', facts: planFacts({ disks: [withVolumes(...leftOut)] }) },
    ],
    invalid: [
      {
        name: 'each live volume',
        facts: planFacts({ disks: [withVolumes(...others), { ...withVolumes(crashed, live), index: 1 }] }),
        findings: [
          {
            messageId: 'live',
            subject: 'disks/1/volumes/1',
            message: /^partition 1 \(ntfs, Windows, \/\) of \/dev\/sda is in use: mounted for writing at \//u,
          },
        ],
      },
      {
        name: 'one of which nobody knows whether there would be a snapshot',
        facts: planFacts({ disks: [withVolumes({ ...live, snapshotUnknown: true })] }),
        findings: [{ messageId: 'unknown', subject: 'disks/0/volumes/0', unknown: true }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/partition-table', () => {
  const problems = ['the backup header is broken', 'other'];
  const cases = policyCases(partitionTable, {
    valid: [{ name: 'a table without problems', facts: planFacts() }],
    invalid: [
      {
        name: 'each problem',
        facts: planFacts({ disks: [diskFacts(), diskFacts({ index: 1, path: '/dev/sdb' }, { problems })] }),
        findings: [
          {
            messageId: 'problem',
            subject: 'disks/1',
            message: 'The partition table of /dev/sdb: the backup header is broken',
          },
          { messageId: 'problem', subject: 'disks/1', message: /other$/u },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
