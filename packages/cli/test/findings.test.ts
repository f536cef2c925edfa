import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { severitySchema, type Finding, type Policy } from '@sysimage/core';
import { plugin } from '@sysimage/policies-recommended';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { toJunit } from '../src/findings/junit.js';
import { toSarif } from '../src/findings/sarif.js';
import { judge } from '../src/findings/verdict.js';
import { anyLetter } from './any-letter.js';

const policies: readonly Policy[] = plugin.policies ?? [];
const severities = severitySchema.options.filter((severity) => severity !== 'off');
const outcomes = ['pass', 'violation', 'unknown', 'suppressed'] as const;

function finding(changes: Partial<Finding>): Finding {
  return {
    policy: 'target/free-space',
    severity: 'warn',
    outcome: 'violation',
    subject: 'target',
    message: 'm',
    ...changes,
  };
}

const anyFinding = fc
  .record({
    policy: fc.constantFrom('other/rule', ...policies.map(({ meta }) => meta.id)),
    severity: fc.constantFrom(...severities),
    outcome: fc.constantFrom(...outcomes),
    subject: fc.constantFrom('target', 'disks/0/volumes/2'),
    message: fc.string({ unit: anyLetter }),
    remedy: fc.string(),
  })
  .map((facts): Finding =>
    facts.outcome === 'suppressed' ? { ...facts, suppression: { reason: 'r', expires: '2027-01-31' } } : facts,
  );

describe('verdict', () => {
  test('violations count from a severity on; nothing else counts', () => {
    for (const [limit, failOn] of severities.entries()) {
      for (const [place, severity] of severities.entries()) {
        for (const outcome of outcomes) {
          const { failing } = judge([finding({ severity, outcome })], { failOn });
          expect(failing.size).toBe(outcome === 'violation' && place >= limit ? 1 : 0);
        }
      }
    }
  });

  test('warnings count when there are more of them than allowed', () => {
    const warnings = [finding({}), finding({}), finding({ outcome: 'unknown' }), finding({ severity: 'info' })];
    const failing = (maxWarnings: number): number => judge(warnings, { failOn: 'block', maxWarnings }).failing.size;
    expect([0, 1, 2].map(failing)).toEqual([2, 2, 0]);
  });
});

describe('SARIF', () => {
  test('whatever is found, the log is what the schema of OASIS says', async () => {
    const path = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
    const schema: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof schema !== 'object' || schema === null) throw new Error('no schema');
    // It calls itself draft 4, whose `id` and `$schema` this validator does not read, and uses nothing that changed since.
    const { $schema: _, id: __, ...definitions } = { $schema: '', id: '', ...schema };
    const ajv = new Ajv({ strict: false, unicodeRegExp: false });
    addFormats.default(ajv);
    const validate = ajv.compile(definitions);
    expect(validate({ version: '2.1.0', runs: [{ tool: {} }] })).toBe(false);
    fc.assert(
      fc.property(fc.array(anyFinding, { maxLength: 5 }), (findings) => {
        const log: unknown = JSON.parse(JSON.stringify(toSarif(findings, policies, '1.2.3')));
        if (!validate(log)) throw new Error(ajv.errorsText(validate.errors));
      }),
    );
  });

  test('outcomes, severities and rules are told apart', () => {
    const findings = [
      finding({ severity: 'block', remedy: 'r' }),
      finding({ outcome: 'unknown' }),
      finding({ outcome: 'pass' }),
      finding({ outcome: 'suppressed', suppression: { reason: 'why', expires: '2027-01-31' } }),
      finding({ policy: 'other/rule', severity: 'info' }),
    ];
    const rule = policies.findIndex(({ meta }) => meta.id === 'target/free-space');
    expect(toSarif(findings, policies, '1.2.3')).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'sysimage', version: '1.2.3' } },
          results: [
            { ruleId: 'target/free-space', ruleIndex: rule, kind: 'fail', level: 'error', properties: { remedy: 'r' } },
            { kind: 'open', level: 'none' },
            { kind: 'pass', level: 'none' },
            { kind: 'fail', level: 'warning', suppressions: [{ justification: 'why', status: 'accepted' }] },
            { ruleId: 'other/rule', kind: 'fail', level: 'note' },
          ],
        },
      ],
    });
    expect(JSON.stringify(toSarif(findings.slice(4), policies, '1'))).not.toContain('ruleIndex');
  });

  test('only a page that is a URL is a help URI', () => {
    const [policy] = policies;
    if (policy === undefined) throw new Error('no rules');
    const at = (docs: string): string =>
      JSON.stringify(toSarif([], [{ ...policy, meta: { ...policy.meta, docs } }], '1'));
    expect(at('https://example.org/x')).toContain('"helpUri":"https://example.org/x"');
    expect(at('docs/x.md')).not.toContain('helpUri');
  });
});

describe('JUnit', () => {
  test('failures, skipped and passed ones are counted and told', () => {
    const findings = [
      finding({ severity: 'block', message: 'a <b> & "c"', remedy: 'do' }),
      finding({ message: 'light' }),
      finding({ outcome: 'unknown', message: 'hidden' }),
      finding({ outcome: 'suppressed', suppression: { reason: 'why', expires: '2027-01-31' } }),
    ];
    const passed = finding({ policy: 'a/b', outcome: 'pass', subject: 'plan' });
    const text = toJunit(judge(findings, { failOn: 'error' }), [passed]);
    expect(text.match(/<testsuite .*>/u)?.[0]).toContain('tests="5" failures="1" errors="0" skipped="2"');
    expect(text).toContain(
      '<failure type="block" message="a &lt;b&gt; &amp; &quot;c&quot;">a &lt;b&gt; &amp; &quot;c&quot;\ndo</failure>',
    );
    expect(text).toContain('<system-out>warn violation: light</system-out>');
    expect(text).toContain('<skipped message="not known: hidden"/>');
    expect(text).toContain('<skipped message="suppressed until 2027-01-31: why"/>');
    expect(text).toContain('<testcase classname="a/b" name="plan" time="0"/>');
  });

  test('a rule that passed is told once, also where it was asked for', () => {
    const passed = finding({ outcome: 'pass' });
    expect(toJunit(judge([passed], { failOn: 'block' }), [passed]).match(/<testcase/gu)).toHaveLength(1);
  });
});
