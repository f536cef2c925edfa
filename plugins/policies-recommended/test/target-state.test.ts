import { describe, test } from '@jest/globals';
import type { BackupPlan, FileSystemBelow } from '@sysimage/core/plugin';
import { diskFacts, planFacts, policyCases } from '@sysimage/policy-kit';
import { compressed } from '../src/compressed.js';
import { fileSizeLimit } from '../src/file-size-limit.js';
import { fileSystem } from '../src/file-system.js';
import { interruptedRun } from '../src/interrupted-run.js';
import { manyVersions } from '../src/many-versions.js';
import { renamedComputer } from '../src/renamed-computer.js';
import { networkMount } from '../src/network-mount.js';
import { noRecentVersion } from '../src/no-recent-version.js';
import { targetNotClean } from '../src/target-not-clean.js';
import { versionInFuture } from '../src/version-in-future.js';

const lying = (...below: Partial<FileSystemBelow>[]): FileSystemBelow[] =>
  below.map((changes, id) => ({ id: String(id), type: 'ext4', mountPoint: '/mnt/usb', keeper: 'machine', ...changes }));

const anyBefore = { createdAt: '2026-01-01T00:00:00.000Z', differences: [], unreadableBytes: 0, systems: [] };

describe('target/version-in-future', () => {
  const ahead = (secondsAhead: number): BackupPlan => planFacts({ target: { newest: { daysAgo: 0, secondsAhead } } });
  const cases = policyCases(versionInFuture, {
    valid: [
      { name: 'no version', facts: planFacts() },
      { name: 'clocks that differ by three minutes', facts: ahead(180) },
      { name: 'clocks that may differ by an hour', facts: ahead(3600), options: { seconds: 3600 } },
    ],
    invalid: [
      {
        name: 'a version of in four minutes',
        facts: ahead(240),
        findings: [{ messageId: 'ahead', subject: 'target', message: /taken 4 minutes later than it is now/u }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/no-recent-version', () => {
  const old = (goodDaysAgo: number | undefined, maxAgeDays?: number): BackupPlan =>
    planFacts({
      disks: [diskFacts({ before: { ...anyBefore, goodDaysAgo } }), diskFacts({ index: 1, path: '/dev/sdb' })],
      // Of other disks there may be younger ones.
      target: { newest: { daysAgo: 0, secondsAhead: 0 } },
      watch: maxAgeDays === undefined ? undefined : { tellsOfFailure: true, maxAgeDays },
    });
  const cases = policyCases(noRecentVersion, {
    valid: [
      { name: 'no version', facts: planFacts() },
      { name: 'one of 35 days', facts: old(35) },
      { name: 'one of 36 days where it may have 40', facts: old(36), options: { days: 40 } },
      { name: 'one as old as the job wants', facts: old(90, 90) },
    ],
    invalid: [
      {
        name: 'one of 36 days',
        facts: old(36),
        findings: [{ messageId: 'old', message: /of \/dev\/sda .* 36 days old.*at most 35$/u }],
      },
      {
        name: 'one older than the job wants',
        facts: old(2, 1.5),
        options: { days: 40 },
        findings: [{ messageId: 'old', subject: 'disks/0', message: /2 days old.*at most 1\.5$/u }],
      },
      {
        name: 'none that is good',
        facts: old(undefined),
        findings: [
          { messageId: 'doubtful', subject: 'disks/0', message: /^No version of \/dev\/sda .* is a good one/u },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/many-versions', () => {
  const cases = policyCases(manyVersions, {
    valid: [
      { name: '199 versions', facts: planFacts({ target: { versions: 199 } }) },
      {
        name: '200 versions, where more may be',
        facts: planFacts({ target: { versions: 200 } }),
        options: { versions: 201 },
      },
      { name: 'whole versions', facts: planFacts({ target: { versions: 999, capabilities: { randomWrite: false } } }) },
    ],
    invalid: [
      {
        name: '200 versions',
        facts: planFacts({ target: { versions: 200 } }),
        findings: [{ messageId: 'many', subject: 'target', message: /^There are 200 versions/u }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/interrupted-run', () => {
  const cases = policyCases(interruptedRun, {
    valid: [{ name: 'none', facts: planFacts() }],
    invalid: [
      {
        name: 'a mark',
        facts: planFacts({ target: { openRuns: 1 } }),
        findings: [{ messageId: 'open', subject: 'target' }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/renamed-computer', () => {
  const cases = policyCases(renamedComputer, {
    valid: [{ name: 'no other name', facts: planFacts() }],
    invalid: [
      {
        name: 'two other names',
        facts: planFacts({ target: { earlierNames: ['old', 'older'] } }),
        findings: [
          {
            messageId: 'renamed',
            subject: 'target',
            message: /no version of desk on .* is there as old, older:/u,
            remedy: /--computer "old"/u,
          },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/network-mount', () => {
  const on = (fileSystemsBelow?: FileSystemBelow[]): BackupPlan =>
    planFacts({ target: { traits: { fileSystemsBelow } } });
  const cases = policyCases(networkMount, {
    valid: [
      { name: 'a folder on a disk', facts: on(lying({})) },
      { name: 'a share', facts: planFacts({ target: { traits: { medium: 'share' } } }) },
    ],
    invalid: [
      {
        name: 'an image file on NFS',
        facts: on(lying({}, { type: 'nfs4', mountPoint: '/nas', keeper: 'server' })),
        findings: [{ messageId: 'mounted', subject: 'target', message: /\(nfs4 at \/nas\)/u }],
      },
      {
        name: 'nobody looked',
        facts: on(),
        findings: [{ messageId: 'unknown', unknown: true, message: /not tell$/u }],
      },
      {
        name: 'nobody can tell',
        facts: on(lying({ type: 'fuse.rclone', keeper: 'unknown' })),
        findings: [{ messageId: 'unknown', unknown: true, message: /it is fuse\.rclone$/u }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/file-size-limit', () => {
  const on = (type: string | undefined, ...sizes: number[]): BackupPlan =>
    planFacts({
      disks: sizes.map((imageBytes, index) => diskFacts({ index, imageBytes })),
      target: { traits: { fileSystemsBelow: type === undefined ? undefined : lying({ type }, { type: 'vfat' }) } },
    });
  const cases = policyCases(fileSizeLimit, {
    valid: [
      { name: 'the largest file that FAT32 holds', facts: on('vfat', 2 ** 32 - 1) },
      { name: 'a large image on ext4, whatever lies below', facts: on('ext4', 2 ** 40) },
      {
        name: 'what the target says of itself is enough',
        facts: planFacts({ target: { traits: { fileSystem: 'xfs', fileSystemsBelow: undefined } } }),
      },
      { name: 'a share', facts: planFacts({ target: { traits: { medium: 'share' } } }) },
    ],
    invalid: [
      {
        name: 'one byte more',
        facts: on('vfat', 1, 2 ** 32),
        findings: [{ messageId: 'large', subject: 'disks/1', message: /will take 4\.0 GiB, and vfat/u }],
      },
      { name: 'nobody looked', facts: on(undefined, 1), findings: [{ messageId: 'unknown', unknown: true }] },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/not-clean', () => {
  const cases = policyCases(targetNotClean, {
    valid: [
      { name: 'a target that does not look', facts: planFacts() },
      { name: 'a clean volume', facts: planFacts({ target: { traits: { volume: { state: 'clean' } } } }) },
    ],
    invalid: [
      {
        name: 'a Windows that sleeps',
        facts: planFacts({ target: { traits: { volume: { state: 'unclean', stateReason: 'hibernated' } } } }),
        findings: [{ messageId: 'unclean', subject: 'target', message: /\(hibernated\)/u }],
      },
      {
        name: 'nobody knows',
        facts: planFacts({ target: { traits: { volume: { state: 'unknown' } } } }),
        findings: [{ messageId: 'unknown', unknown: true }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/file-system', () => {
  const on = (found: string | undefined): BackupPlan => planFacts({ target: { traits: { fileSystem: found } } });
  const cases = policyCases(fileSystem, {
    valid: [
      { name: 'NTFS', facts: on('ntfs') },
      { name: 'NTFS by the driver of the kernel', facts: on('ntfs3') },
      { name: 'a share', facts: planFacts({ target: { traits: { medium: 'share', fileSystem: undefined } } }) },
    ],
    invalid: [
      { name: 'ext4', facts: on('ext4'), findings: [{ messageId: 'other', message: /lies on ext4: Windows 7/u }] },
      { name: 'some program', facts: on('fuse'), findings: [{ messageId: 'unknown', unknown: true }] },
      { name: 'nobody looked', facts: on(undefined), findings: [{ messageId: 'unknown', unknown: true }] },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('target/compressed', () => {
  const on = (isCompressed?: boolean): BackupPlan =>
    planFacts({
      target: {
        traits: { volume: { state: 'clean', ...(isCompressed === undefined ? {} : { compressed: isCompressed }) } },
      },
    });
  const cases = policyCases(compressed, {
    valid: [
      { name: 'a target that does not look', facts: planFacts() },
      { name: 'a folder that is not', facts: on(false) },
    ],
    invalid: [
      { name: 'a folder that is', facts: on(true), findings: [{ messageId: 'compressed', subject: 'target' }] },
      {
        name: 'a volume that does not tell',
        facts: on(),
        findings: [{ messageId: 'unknown', subject: 'target', unknown: true }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
