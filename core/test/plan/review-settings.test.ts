import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { definePolicy, type Policy, type Report, type Severity } from '../../src/contract/policy.js';
import { severitySchema, type Finding } from '../../src/model/finding.js';
import type { BackupPlan } from '../../src/model/plan.js';
import { assertNotBlocked, passedPolicies, review } from '../../src/plan/review.js';
import { configurePolicies, type PolicySettings } from '../../src/plan/review-settings.js';
import { planOf } from '../plan-of.js';

const severities = severitySchema.options;
const now = new Date('2027-03-01T12:00:00.000Z');
const plan = planOf();

function rule(id: string, severity: Severity, reports: readonly Partial<Report<string>>[], floor?: Severity): Policy {
  return definePolicy<string>({
    meta: {
      id,
      description: `about ${id}`,
      severity,
      ...(floor === undefined ? {} : { floor }),
      messages: { found: 'it' },
      source: 'test',
    },
    check: (_plan, report) => {
      for (const one of reports) report({ messageId: 'found', subject: 'target', ...one });
    },
  });
}

function findings(policies: readonly Policy[], settings: PolicySettings): readonly Finding[] {
  return review(plan, configurePolicies(policies, settings, now));
}

const inWords = ({ policy, severity, outcome, subject }: Finding): string =>
  [policy, severity, outcome, subject].join(' ');
const suppression = { policy: 'a/warn', reason: 'known', expires: '2027-03-01' };
const warn = rule('a/warn', 'warn', [
  { subject: 'disks/0' },
  { subject: 'disks/0/volumes/1' },
  { subject: 'disks/01' },
]);

test('a rule may be graver under a profile; what users ask for counts more, and the floor most', () => {
  const graver: Policy = {
    ...warn,
    meta: { ...warn.meta, floor: 'info', severityUnder: { 'windows-7': 'block', strict: 'error' } },
  };
  const under = (settings: PolicySettings): unknown => configurePolicies([graver], settings, now)[0]?.meta.severity;
  expect(under({})).toBe('warn');
  expect(under({ profile: 'windows-7' })).toBe('block');
  expect(under({ profile: 'strict' })).toBe('block');
  expect(under({ profile: 'windows-7', severities: { 'a/warn': 'error' } })).toBe('error');
  expect(under({ profile: 'windows-7', severities: { 'a/warn': 'off' } })).toBe('info');
  const wrong = Object.assign({ ...graver }, { meta: { ...graver.meta, severityUnder: { 'windows-8': 'block' } } });
  expect(() => configurePolicies([wrong], {}, now)).toThrow('its severities under profiles');
});

describe('suppressions', () => {
  test('a finding that is suppressed is kept, with the reason and the day, after all others', () => {
    const found = findings([warn, rule('a/info', 'info', [{}])], { suppress: [suppression] });
    expect(found.map(inWords)).toEqual([
      'a/info info violation target',
      'a/warn warn suppressed disks/0',
      'a/warn warn suppressed disks/0/volumes/1',
      'a/warn warn suppressed disks/01',
    ]);
    expect(found[1]).toMatchObject({ suppression: { reason: 'known', expires: '2027-03-01' } });
    expect(found[0]).not.toHaveProperty('suppression');
  });

  test('one for a subject covers what lies below it, and nothing that only begins alike', () => {
    const found = findings([warn], { suppress: [{ ...suppression, subject: 'disks/0' }] });
    expect(found.map(inWords)).toEqual([
      'a/warn warn violation disks/01',
      'a/warn warn suppressed disks/0',
      'a/warn warn suppressed disks/0/volumes/1',
    ]);
  });

  test('what is not known can be suppressed, too', () => {
    const found = findings([rule('a/warn', 'warn', [{ unknown: true }])], { suppress: [suppression] });
    expect(found.map(inWords)).toEqual(['a/warn warn suppressed target']);
  });

  test('one that has expired suppresses nothing, and is a finding', () => {
    const found = findings([rule('a/warn', 'warn', [{}])], { suppress: [{ ...suppression, expires: '2027-02-28' }] });
    expect(found.map(inWords)).toEqual([
      'a/warn warn violation target',
      'policy/suppression-expired warn violation policies/suppress/0',
    ]);
    expect(found[1]?.message).toContain('the end of 2027-02-28');
  });

  test.each([
    ['2027-02-28T23:59:59.999Z', 'suppressed'],
    ['2027-03-01T23:59:59.999Z', 'suppressed'],
    ['2027-03-02T00:00:00.000Z', 'violation'],
    ['2028-01-01T00:00:00.000Z', 'violation'],
  ])('the last day is over at midnight, in UTC: %s', (moment, outcome) => {
    const policies = configurePolicies([rule('a/warn', 'warn', [{}])], { suppress: [suppression] }, new Date(moment));
    expect(review(plan, policies)[0]?.outcome).toBe(outcome);
  });

  test('one that does nothing is a finding', () => {
    const suppress = [
      suppression,
      { ...suppression, subject: 'disks/7' },
      { ...suppression, policy: 'a/wran' },
      { ...suppression, policy: 'a/off' },
      { ...suppression, policy: 'policy/suppression-unused' },
      { ...suppression, policy: 'constructor' },
    ];
    const found = findings([rule('a/warn', 'warn', [{}]), rule('a/off', 'off', [{}])], { suppress });
    expect(found.filter(({ policy }) => policy === 'policy/suppression-unused').map(inWords)).toEqual(
      [1, 2, 3, 4, 5].map((index) => `policy/suppression-unused info violation policies/suppress/${index}`),
    );
  });

  test('what blocks cannot be suppressed, whether by itself or by configuration', () => {
    const suppress = [{ ...suppression, policy: 'a/rule' }];
    for (const [own, asked] of [
      ['block', 'block'],
      ['warn', 'block'],
      ['block', 'off'],
    ] as const) {
      const found = findings([rule('a/rule', own, [{}], own === 'block' ? 'block' : 'off')], {
        severities: { 'a/rule': asked },
        suppress,
      });
      expect(found.map(inWords)).toEqual([
        'a/rule block violation target',
        'policy/suppression-unused info violation policies/suppress/0',
      ]);
      expect(() => assertNotBlocked(found)).toThrow();
    }
  });

  test('no rule can call its own findings suppressed', () => {
    const sly = rule('a/sly', 'warn', [{ suppression, suppressedBy: suppression } as Partial<Report<string>>]);
    expect(findings([sly], {}).map(inWords)).toEqual(['a/sly warn violation target']);
  });

  test('the rules of suppressions are rules: they can be turned off', () => {
    const settings = {
      suppress: [
        { ...suppression, policy: 'x/y' },
        { ...suppression, expires: '2020-01-01' },
      ],
      severities: { 'policy/suppression-unused': 'off', 'policy/suppression-expired': 'block' },
    } as const;
    expect(findings([], settings).map(inWords)).toEqual([
      'policy/suppression-expired block violation policies/suppress/1',
    ]);
  });
});

describe('profiles', () => {
  const all = severities.map((severity) => rule(`a/${severity}`, severity, [{}, { unknown: true }]));

  test('recommended: an error stops nothing, and what is not known stops nothing', () => {
    const found = findings(all, { severities: { 'a/block': 'error' } });
    expect(() => assertNotBlocked(found)).not.toThrow();
    expect(new Set(found.map(({ outcome }) => outcome))).toEqual(new Set(['violation', 'unknown']));
  });

  test('strict: an error blocks, asked for or not, and what is not known counts as violated', () => {
    const found = findings([...all, rule('b/warn', 'warn', [{}])], {
      profile: 'strict',
      severities: { 'b/warn': 'error' },
    });
    expect(found.map(inWords)).toEqual([
      'a/error block violation target',
      'a/error block violation target',
      'a/block block violation target',
      'a/block block violation target',
      'b/warn block violation target',
      'a/warn warn violation target',
      'a/warn warn violation target',
      'a/info info violation target',
      'a/info info violation target',
    ]);
    expect(() =>
      assertNotBlocked(findings([rule('a/b', 'error', [{ unknown: true }])], { profile: 'strict' })),
    ).toThrow();
  });

  test('strict: what is an error without it can be suppressed for a while', () => {
    const found = findings([rule('a/warn', 'error', [{}])], { profile: 'strict', suppress: [suppression] });
    expect(found.map(inWords)).toEqual(['a/warn block suppressed target']);
    expect(() => assertNotBlocked(found)).not.toThrow();
  });
});

test('whatever is asked for: severities stay within their floors, nothing gets lost, and only what blocks stops the run', () => {
  const severity = fc.constantFrom(...severities);
  const setting = fc.record({
    own: severity,
    floor: severity,
    asked: fc.option(severity, { nil: undefined }),
    isUnknown: fc.boolean(),
    isSuppressed: fc.boolean(),
    profile: fc.constantFrom('recommended' as const, 'strict' as const),
  });
  fc.assert(
    fc.property(setting, ({ own, floor, asked, isUnknown, isSuppressed, profile }) => {
      const wanted = severities[Math.max(severities.indexOf(asked ?? own), severities.indexOf(floor))] ?? 'off';
      const found = findings([rule('a/warn', own, [{ unknown: isUnknown }], floor)], {
        profile,
        ...(asked === undefined ? {} : { severities: { 'a/warn': asked } }),
        suppress: isSuppressed ? [suppression] : [],
      }).filter(({ policy }) => policy === 'a/warn');
      if (wanted === 'off') return found.length === 0;
      const [finding] = found;
      const strict = profile === 'strict';
      const outcome =
        isSuppressed && wanted !== 'block' ? 'suppressed' : isUnknown && !strict ? 'unknown' : 'violation';
      expect(finding).toMatchObject({ severity: strict && wanted === 'error' ? 'block' : wanted, outcome });
      let stopped = false;
      try {
        assertNotBlocked(found);
      } catch {
        stopped = true;
      }
      return stopped === (outcome === 'violation' && (wanted === 'block' || (strict && wanted === 'error')));
    }),
  );
});

test('rules that passed are those that were asked and said nothing', () => {
  const policies = configurePolicies(
    [rule('a/silent', 'warn', []), rule('a/off', 'off', []), rule('a/loud', 'warn', [{}])],
    {},
    now,
  );
  expect(passedPolicies(policies, review(plan, policies))).toEqual([
    { policy: 'a/silent', severity: 'warn', outcome: 'pass', subject: 'plan', message: 'about a/silent' },
    expect.objectContaining({ policy: 'policy/suppression-expired', outcome: 'pass' }),
    expect.objectContaining({ policy: 'policy/suppression-unused', outcome: 'pass' }),
  ]);
});

test('a rule that returns a promise, or throws, stops the run under its own name, configured or not', () => {
  const late = { ...rule('a/late', 'info', []), check: () => Promise.resolve() };
  for (const profile of ['recommended', 'strict'] as const) {
    expect(() => findings([late], { profile, suppress: [{ ...suppression, policy: 'a/late' }] })).toThrow(/a\/late/u);
  }
});

test('a rule keeps its receiver', () => {
  class Counting {
    readonly meta = rule('a/count', 'warn', []).meta;
    readonly #subject = 'target';
    check(_plan: BackupPlan, report: (finding: Report<string>) => void): void {
      report({ messageId: 'found', subject: this.#subject });
    }
  }
  const settings = { profile: 'strict', suppress: [{ ...suppression, policy: 'a/count' }] } as const;
  expect(findings([new Counting()], settings).map(inWords)).toEqual(['a/count warn suppressed target']);
});

test.each<[object]>([
  [{ id: 'nameless' }],
  [{ id: 'A/b' }],
  [{ id: 3 }],
  [{ severity: 'fatal' }],
  [{ floor: 'high' }],
  [{ messages: undefined }],
  [{ description: undefined }],
])('a rule that is not made as it must be is refused: %j', (change) => {
  const faulty: Policy = { ...warn, meta: { ...warn.meta, ...change } };
  expect(() => configurePolicies([faulty], {}, now)).toThrow(
    expect.objectContaining({
      code: 'invalid',
      message: expect.stringMatching(/^the policy .* is faulty: /u) as unknown,
    }),
  );
});
