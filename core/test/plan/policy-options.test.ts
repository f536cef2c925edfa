import { describe, expect, test } from '@jest/globals';
import { definePolicy, type Policy, type PolicyOption } from '../../src/contract/policy.js';
import { optionComplaints } from '../../src/plan/policy-options.js';
import { review } from '../../src/plan/review.js';
import { configurePolicies, type PolicySettings } from '../../src/plan/review-settings.js';
import { planOf } from '../plan-of.js';

const days: PolicyOption = { description: 'Days of it', value: 3, least: 1, most: 9.5 };
const now = new Date('2027-03-01T12:00:00.000Z');

function rule(id: string, options?: Policy['meta']['options']): Policy {
  return definePolicy<string, string>({
    meta: {
      id,
      description: 'd',
      severity: 'warn',
      messages: { told: '{options}' },
      source: 'test',
      ...(options === undefined ? {} : { options }),
    },
    check: (_plan, report, told) =>
      report({ messageId: 'told', subject: 'plan', data: { options: JSON.stringify(told) } }),
  });
}

const rules = [rule('a/days', { days, other: { ...days, value: 5 } }), rule('a/none')];
const heard = (settings: PolicySettings): readonly string[] =>
  review(planOf(), configurePolicies(rules, settings, now))
    .filter(({ policy }) => policy.startsWith('a/'))
    .map(({ message }) => message);

test('a rule hears its options, as it has them and as users want them, under every profile', () => {
  expect(review(planOf(), rules).map(({ message }) => message)).toEqual(['{"days":3,"other":5}', '{}']);
  const suppress = [{ policy: 'a/days', subject: 'disks/0', reason: 'r', expires: '2027-03-02' }];
  for (const profile of ['recommended', 'strict', 'windows-7'] as const) {
    expect(heard({ profile })).toEqual(['{"days":3,"other":5}', '{}']);
    expect(heard({ profile, suppress, options: { 'a/days': { days: 9.5 } } })).toEqual([
      '{"days":9.5,"other":5}',
      '{}',
    ]);
  }
  const [configured] = configurePolicies(rules, { options: { 'a/days': { days: 1 } } }, now);
  expect(configured?.meta.options?.['days']).toEqual({ ...days, value: 1 });
});

test.each([
  [{ 'a/days': { days: 10 } }, 'days', 'must be a number from 1 to 9.5'],
  [{ 'a/days': { days: 0.5 } }, 'days', 'must be a number from 1 to 9.5'],
  [{ 'a/days': { days: Number.NaN } }, 'days', 'must be a number from 1 to 9.5'],
  [{ 'a/days': { constructor: 1 } }, 'constructor', 'this rule has no such option, but days, other'],
  [{ 'a/none': { days: 1 } }, 'days', 'this rule has no options'],
])('what nobody can take is refused: %j', (options, option, problem) => {
  expect(optionComplaints(rules, options)).toMatchObject([{ option, problem }]);
  expect(() => heard({ options })).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test('a rule that is not there is complained of', () => {
  expect(optionComplaints(rules, { 'a/dais': { days: 1 } })).toEqual([
    { policy: 'a/dais', problem: 'no plugin brings this rule', known: ['a/days', 'a/none'] },
  ]);
});

describe('a rule whose options are made badly is refused', () => {
  test.each([
    { 'no-dash': days },
    { days: { ...days, description: '' } },
    { days: { ...days, value: 0 } },
    { days: { ...days, most: 2 } },
    { days: { ...days, most: Number.NaN } },
  ])('%j', (options) => {
    expect(() => configurePolicies([rule('a/b', options)], {}, now)).toThrow(/its options must be/u);
  });
});
