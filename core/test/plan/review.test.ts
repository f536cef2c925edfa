import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import { definePolicy, type Policy, type Report, type Severity } from '../../src/contract/policy.js';
import type { Finding } from '../../src/model/finding.js';
import { assertNotBlocked, effectiveSeverity, review } from '../../src/plan/review.js';
import { planOf } from '../plan-of.js';

const severities: readonly Severity[] = ['off', 'info', 'warn', 'error', 'block'];
const plan = planOf();

function policy(id: string, severity: Severity, reports: readonly Report<string>[], floor?: Severity): Policy {
  return definePolicy<string>({
    meta: {
      id,
      description: 'test',
      severity,
      ...(floor === undefined ? {} : { floor }),
      messages: { here: '{what} lies on {disk}, {unnamed} too', bare: 'plain' },
      remedies: { here: 'Move {what}.' },
      source: 'test',
    },
    check: (_plan, report) => {
      for (const one of reports) report(one);
    },
  });
}

const here: Report<string> = { messageId: 'here', subject: 'target', data: { what: 'It', disk: 3 } };
const bare: Report<string> = { messageId: 'bare', subject: 'disks/0' };

test('a report becomes a finding with its places filled', () => {
  expect(review(plan, [policy('a/b', 'warn', [here, bare])])).toEqual([
    {
      policy: 'a/b',
      severity: 'warn',
      outcome: 'violation',
      subject: 'target',
      message: 'It lies on 3, {unnamed} too',
      remedy: 'Move It.',
    },
    { policy: 'a/b', severity: 'warn', outcome: 'violation', subject: 'disks/0', message: 'plain' },
  ]);
});

test('a text that looks like a pattern is put in as it is', () => {
  const [finding] = review(plan, [
    policy('a/b', 'warn', [{ ...here, data: { what: '$& {disk} $1', disk: '{what}' } }]),
  ]);
  expect(finding?.message).toBe('$& {disk} $1 lies on {what}, {unnamed} too');
});

test('the gravest come first, and equals in the order of the rules', () => {
  const policies = severities.map((severity) => policy(`r/${severity}`, severity, [bare, here]));
  const found = review(plan, [policy('r/first', 'warn', [bare]), ...policies]);
  expect(found.map((finding) => finding.policy)).toEqual([
    'r/block',
    'r/block',
    'r/error',
    'r/error',
    'r/first',
    'r/warn',
    'r/warn',
    'r/info',
    'r/info',
  ]);
});

test('every severity that is asked for, over every floor', () => {
  for (const [i, floor] of severities.entries()) {
    for (const [k, asked] of severities.entries()) {
      for (const own of severities) {
        const wanted = severities[Math.max(i, k)];
        expect(effectiveSeverity(policy('a/b', own, [], floor), { severities: { 'a/b': asked } })).toBe(wanted);
        expect(effectiveSeverity(policy('a/b', asked, [], floor), { severities: { 'x/y': own } })).toBe(wanted);
      }
      expect(effectiveSeverity(policy('a/b', 'warn', []), { severities: { 'a/b': asked } })).toBe(asked);
    }
  }
});

test('a rule that is off does not run; one with a floor cannot be', () => {
  const broken: Policy = {
    ...policy('a/b', 'warn', []),
    check: () => {
      throw new Error('must not run');
    },
  };
  expect(review(plan, [broken], { severities: { 'a/b': 'off' } })).toEqual([]);
  const found = review(plan, [policy('a/b', 'error', [bare], 'warn')], { severities: { 'a/b': 'off' } });
  expect(found.map(({ severity }) => severity)).toEqual(['warn']);
});

test('a rule that throws stops the run, and so does one that uses a message it does not have', () => {
  const cause = new Error('division by zero');
  const throwing: Policy = {
    ...policy('bad/rule', 'info', []),
    check: () => {
      throw cause;
    },
  };
  const thrown = (act: () => unknown): unknown => {
    try {
      act();
    } catch (error) {
      return error;
    }
    return undefined;
  };
  expect(thrown(() => review(plan, [throwing]))).toMatchObject({
    code: 'internal',
    message: expect.stringContaining('bad/rule'),
    cause,
  });
  for (const messageId of ['missing', 'toString', 'constructor', '__proto__']) {
    const lying = policy('bad/rule', 'info', [{ messageId, subject: 'target' }]);
    expect(thrown(() => review(plan, [lying]))).toMatchObject({ code: 'internal' });
  }
});

function finding(severity: Severity, outcome: Finding['outcome'], message = 'm'): Finding {
  return { policy: 'a/b', severity, outcome, subject: 'target', message, remedy: 'r' };
}

test('only a violation of a blocking rule stops the run; what is not known never does', () => {
  for (const severity of severities) {
    for (const outcome of ['violation', 'unknown', 'suppressed'] as const) {
      const check = (): void => assertNotBlocked([finding('error', 'violation'), finding(severity, outcome)]);
      if (severity === 'block' && outcome === 'violation') expect(check).toThrow(SysimageError);
      else expect(check).not.toThrow();
    }
  }
  const [unknown] = review(plan, [policy('a/b', 'block', [{ ...bare, unknown: true }])]);
  expect(unknown?.outcome).toBe('unknown');
});

test('everything that blocks is told at once', () => {
  try {
    assertNotBlocked([
      finding('block', 'violation', 'one'),
      finding('warn', 'violation', 'x'),
      finding('block', 'violation', 'two'),
    ]);
    throw new Error('not blocked');
  } catch (error) {
    expect(error).toMatchObject({ code: 'policy', message: 'one; two', remedy: 'r', context: { policy: 'a/b' } });
  }
});
