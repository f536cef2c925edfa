import { describe, test } from '@jest/globals';
import type { JobWatch } from '@sysimage/core/plugin';
import { diskFacts, planFacts, policyCases } from '@sysimage/policy-kit';
import { mbrLimit } from '../src/mbr-limit.js';
import { noAgeLimit } from '../src/no-age-limit.js';
import { nobodyIsTold } from '../src/nobody-is-told.js';
import { startElsewhere } from '../src/start-elsewhere.js';

const watched: JobWatch = { tellsOfFailure: true, maxAgeDays: 1.5 };

describe('job/nobody-is-told', () => {
  const cases = policyCases(nobodyIsTold, {
    valid: [
      { name: 'somebody started it by hand', facts: planFacts() },
      { name: 'somebody is told', facts: planFacts({ watch: watched }) },
    ],
    invalid: [
      {
        name: 'nobody is told',
        facts: planFacts({ watch: { ...watched, tellsOfFailure: false } }),
        findings: [{ messageId: 'nobody', subject: 'plan' }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('job/no-age-limit', () => {
  const cases = policyCases(noAgeLimit, {
    valid: [
      { name: 'somebody started it by hand', facts: planFacts() },
      { name: 'a job with maxAge', facts: planFacts({ watch: watched }) },
    ],
    invalid: [
      {
        name: 'a job without',
        facts: planFacts({ watch: { ...watched, maxAgeDays: undefined } }),
        findings: [{ messageId: 'none', subject: 'plan' }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/mbr-limit', () => {
  const disk = (scheme: 'mbr' | 'gpt', size: number, sectorSize: number): ReturnType<typeof diskFacts> =>
    diskFacts({}, { scheme, size, sectorSize });
  const cases = policyCases(mbrLimit, {
    valid: [
      { name: '2 TiB', facts: planFacts({ disks: [disk('mbr', 2 ** 41, 512)] }) },
      { name: '3 TiB with GPT', facts: planFacts({ disks: [disk('gpt', 3 * 2 ** 40, 512)] }) },
      { name: '3 TiB in sectors of 4096 bytes', facts: planFacts({ disks: [disk('mbr', 3 * 2 ** 40, 4096)] }) },
    ],
    invalid: [
      {
        name: 'one sector more',
        facts: planFacts({ disks: [disk('mbr', 2 ** 41 + 512, 512)] }),
        findings: [{ messageId: 'beyond', subject: 'disks/0', message: /reaches only 2\.0 TiB/u }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('source/start-elsewhere', () => {
  const system = (startKnown: boolean, taken: boolean): ReturnType<typeof planFacts> =>
    planFacts({
      systems: [
        {
          family: 'windows',
          name: 'Windows 7',
          version: '6.1',
          build: 7601,
          startKnown,
          needs: [{ disk: 0, partition: 1, role: 'boot', taken }],
        },
      ],
    });
  const cases = policyCases(startElsewhere, {
    valid: [
      { name: 'no system', facts: planFacts() },
      { name: 'all is here', facts: system(true, true) },
      { name: 'a system that is left out', facts: system(false, false) },
    ],
    invalid: [
      {
        name: 'its start is elsewhere',
        facts: system(false, true),
        findings: [{ messageId: 'elsewhere', subject: 'disks/0/volumes/0', message: /^Windows 7 is taken/u }],
      },
    ],
  });
  test.each(cases)('$name', ({ run }) => run());
});
