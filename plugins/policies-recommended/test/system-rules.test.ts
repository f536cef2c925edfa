import { describe, test } from '@jest/globals';
import { diskFacts, planFacts, policyCases, volumeFacts } from '@sysimage/policy-kit';
import { neededVolumeLeftOut } from '../src/needed-volume-left-out.js';
import { otherSystem } from '../src/other-system.js';
import { systemChanged } from '../src/system-changed.js';

const left = volumeFacts({ partition: 2, label: 'Photos', copied: 'none', usedBytes: 0 });

const needOf = (partition: number, role: 'system' | 'boot' | 'recovery', taken = true) => ({
  disk: 0,
  partition,
  role,
  taken,
});
const system = { family: 'windows', name: 'Windows 10 Pro', version: '22H2', build: 19_045, startKnown: true } as const;
const anyBefore = { createdAt: '2026-01-01T00:00:00.000Z', differences: [], unreadableBytes: 0, goodDaysAgo: 0 };
const three = diskFacts({}, { volumes: [volumeFacts(), left, volumeFacts({ partition: 3, label: 'Data' })] });

describe('source/needed-volume-left-out', () => {
  const cases = policyCases(neededVolumeLeftOut, {
    valid: [
      { name: 'no system', facts: planFacts({ disks: [three] }) },
      {
        name: 'all is taken',
        facts: planFacts({ disks: [three], systems: [{ ...system, needs: [needOf(1, 'boot'), needOf(3, 'system')] }] }),
      },
      {
        name: 'the system itself is left out',
        facts: planFacts({
          disks: [three],
          systems: [{ ...system, startKnown: false, needs: [needOf(2, 'boot', false)] }],
        }),
      },
      {
        name: 'a system whose root is not known is left out with all that nobody can look into',
        facts: planFacts({
          disks: [three],
          systems: [{ ...system, startKnown: false, needs: [needOf(1, 'system')] }],
          unread: [{ disk: 0, partition: 2, why: 'nobody can look into luks' }],
        }),
      },
      {
        name: 'nobody can look into what is taken, and nothing of use to it is left out',
        facts: planFacts({
          disks: [
            diskFacts(
              {},
              { volumes: [volumeFacts(), volumeFacts({ ...left, fileSystem: 'swap' }), volumeFacts({ partition: 3 })] },
            ),
          ],
          unread: [{ disk: 0, partition: 3, why: 'nobody can look into luks' }],
        }),
      },
      {
        name: 'what nobody can look into is left out',
        facts: planFacts({ disks: [three], unread: [{ disk: 0, partition: 2, why: 'nobody can look into luks' }] }),
      },
      {
        name: 'what is left out is a system of its own',
        facts: planFacts({
          disks: [three],
          systems: [{ ...system, needs: [needOf(2, 'boot', false)] }],
          unread: [{ disk: 0, partition: 3, why: 'nobody can look into luks' }],
        }),
      },
      {
        name: 'somebody said so, of what nobody knows too',
        facts: planFacts({
          disks: [three],
          unread: [{ disk: 0, partition: 3, why: 'nobody can look into luks' }],
          allowIncomplete: true,
        }),
      },
      {
        name: 'somebody said so',
        facts: planFacts({
          disks: [three],
          systems: [{ ...system, needs: [needOf(1, 'boot'), needOf(2, 'system', false)] }],
          allowIncomplete: true,
        }),
      },
    ],
    invalid: [
      {
        name: 'what starts it is left out',
        facts: planFacts({
          disks: [three],
          systems: [{ ...system, needs: [needOf(1, 'boot'), needOf(2, 'system', false)] }],
        }),
        findings: [
          {
            messageId: 'leftOut',
            subject: 'disks/0/volumes/1',
            message:
              'partition 2 (ntfs, Photos) of /dev/sda is left out, and Windows 10 Pro needs it: it starts from it. What is restored may not start',
          },
        ],
      },
      {
        name: 'what starts a system is left out, whose root may be in what nobody can look into',
        facts: planFacts({
          disks: [three],
          systems: [{ ...system, needs: [needOf(2, 'system', false)] }],
          unread: [{ disk: 0, partition: 3, why: 'nobody can look into luks' }],
        }),
        findings: [{ messageId: 'leftOut', subject: 'disks/0/volumes/1' }],
      },
      {
        name: 'nothing starts it',
        facts: planFacts({ disks: [three], systems: [{ ...system, startKnown: false, needs: [needOf(1, 'boot')] }] }),
        findings: [{ messageId: 'unknown', subject: 'disks/0', unknown: true }],
      },
      {
        name: 'what is taken may hold a system that needs what is left out',
        facts: planFacts({ disks: [three], unread: [{ disk: 0, partition: 3, why: 'nobody can look into luks' }] }),
        findings: [
          {
            messageId: 'unread',
            subject: 'disks/0/volumes/2',
            unknown: true,
            message:
              'partition 3 (ntfs, Data) of /dev/sda may hold a system (nobody can look into luks): whether that needs partition 2 (ntfs, Photos) of /dev/sda, left out, is not known',
          },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/other-system', () => {
  const earlier = { ...system, name: 'Windows 7 Home', version: 'Service Pack 1', build: 7601 };
  const own = { ...earlier, needs: [needOf(1, 'boot'), needOf(1, 'system')] };
  const cases = policyCases(otherSystem, {
    valid: [
      {
        name: 'the other one is left out',
        facts: planFacts({
          disks: [three],
          systems: [own, { ...system, needs: [needOf(3, 'boot'), needOf(1, 'system', false)] }],
        }),
      },
      { name: 'one system that starts itself', facts: planFacts({ disks: [three], systems: [own] }) },
      {
        name: 'two that share what starts them, and of one only that is known',
        facts: planFacts({
          disks: [three],
          systems: [
            { ...system, needs: [needOf(3, 'boot'), needOf(1, 'system')] },
            { ...earlier, needs: [needOf(1, 'system')] },
          ],
        }),
      },
      {
        name: 'two that share what holds no system',
        facts: planFacts({
          disks: [three],
          systems: [
            { ...system, needs: [needOf(3, 'boot'), needOf(2, 'system')] },
            { ...earlier, needs: [needOf(1, 'boot'), needOf(2, 'system')] },
          ],
        }),
      },
    ],
    invalid: [
      {
        name: 'an earlier Windows whose volume starts both',
        facts: planFacts({
          disks: [three],
          systems: [own, { ...system, needs: [needOf(3, 'boot'), needOf(1, 'system')] }],
        }),
        findings: [
          {
            messageId: 'other',
            subject: 'disks/0/volumes/0',
            message: /^Windows 7 Home \(Service Pack 1\) lies on partition 1 .* which Windows 10 Pro needs to start/u,
          },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/system-changed', () => {
  const now = (name: string, ...before: string[]): ReturnType<typeof planFacts> =>
    planFacts({
      disks: [
        {
          ...three,
          before: { ...anyBefore, systems: before.map((each) => ({ family: 'windows' as const, name: each })) },
        },
      ],
      systems: name === '' ? [] : [{ ...system, name, needs: [needOf(1, 'boot')] }],
    });
  const cases = policyCases(systemChanged, {
    valid: [
      { name: 'the same', facts: now('Windows 7', 'Windows 7') },
      { name: 'nothing was recorded', facts: now('Windows 7') },
      { name: 'no version of it', facts: planFacts({ disks: [three] }) },
      {
        name: 'another system on a disk that was not there',
        facts: planFacts({
          ...now('Windows 7', 'Windows 7'),
          systems: [
            { ...system, name: 'Windows 7', needs: [needOf(1, 'boot')] },
            { ...system, name: 'Debian', needs: [{ ...needOf(1, 'boot'), disk: 1 }] },
          ],
        }),
      },
    ],
    invalid: [
      {
        name: 'an upgrade',
        facts: now('Windows 7', 'Windows Vista'),
        findings: [
          { messageId: 'changed', subject: 'disks/0', message: /holds Windows Vista, and the disk holds Windows 7/u },
        ],
      },
      {
        name: 'one of two',
        facts: now('Windows 7', 'Windows 7', 'Windows XP'),
        findings: [{ messageId: 'changed' }],
      },
      {
        name: 'nothing is found',
        facts: now('', 'Windows 7'),
        findings: [
          { messageId: 'unknown', subject: 'disks/0', unknown: true, message: /holds Windows 7, and which system/u },
        ],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
