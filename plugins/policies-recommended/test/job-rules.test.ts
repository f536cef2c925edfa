import { describe, test } from '@jest/globals';
import type { JobWatch } from '@sysimage/core/plugin';
import { diskFacts, planFacts, policyCases } from '@sysimage/policy-kit';
import { mbrLimit } from '../src/mbr-limit.js';
import { noAgeLimit } from '../src/no-age-limit.js';
import { nobodyIsTold } from '../src/nobody-is-told.js';

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
