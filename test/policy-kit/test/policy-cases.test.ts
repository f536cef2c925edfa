import { describe, expect, test } from '@jest/globals';
import { definePolicy, type BackupPlan, type Policy, type Report } from '@sysimage/core/plugin';
import { diskFacts, planFacts, policyCases, volumeFacts, type PolicyExamples } from '../src/index.js';

type Message = 'few' | 'odd';
type Check = Policy<Message>['check'];

const few: Report<Message> = { messageId: 'few', subject: 'target', data: { count: 1 } };
const speak: Check = ({ target, disks }, report, { least = 2 }) => {
  if (target.versions < least) report({ ...few, data: { count: target.versions } });
  for (const { index, layout } of disks) {
    for (const [place, { fileSystem }] of layout.volumes.entries()) {
      if (fileSystem !== undefined) continue;
      report({ messageId: 'odd', subject: `disks/${index}/volumes/${place}`, unknown: true });
    }
  }
};

function rule(check: Check = speak, meta: Partial<Policy<Message>['meta']> = {}): Policy<Message> {
  return definePolicy<Message, string>({
    meta: {
      id: 'target/few-versions',
      description: 'There are some versions',
      severity: 'warn',
      floor: 'info',
      messages: { few: 'There are {count}', odd: 'Who knows?' },
      remedies: { few: 'Make more than {count}.' },
      source: 'test',
      ...meta,
    },
    check,
  });
}

const odd = planFacts({
  target: { versions: 9 },
  disks: [diskFacts({}, { volumes: [volumeFacts({ fileSystem: undefined })] })],
});
const examples: PolicyExamples<Message> = {
  valid: [planFacts({ target: { versions: 2 } }), { name: 'plenty', facts: planFacts({ target: { versions: 9 } }) }],
  invalid: [
    {
      name: 'an empty target',
      facts: planFacts(),
      findings: [{ messageId: 'few', subject: 'target', message: 'There are 0', remedy: /more than 0/u }],
    },
    { facts: odd, findings: [{ messageId: 'odd', subject: 'disks/0/volumes/0', unknown: true }] },
  ],
};

/** What the cases that fail say. */
function complaints<M extends string>(policy: Policy<M>, tried: PolicyExamples<M>): string {
  return policyCases(policy, tried)
    .flatMap(({ name, run }) => {
      try {
        run();
        return [];
      } catch (error) {
        return [`${name}: ${String(error)}`];
      }
    })
    .join('\n');
}

describe('a good rule', () => {
  for (const { name, run } of policyCases(rule(), examples)) test(name, run);

  test('has a case for itself, for each example, and for its messages', () => {
    expect(policyCases(rule(), examples).map(({ name }) => name)).toEqual([
      'target/few-versions is well made',
      'target/few-versions is silent about example 1',
      'target/few-versions is silent about plenty',
      'target/few-versions speaks of an empty target',
      'target/few-versions speaks of example 2',
      'target/few-versions has an example for every message',
    ]);
  });
});

const versions = { description: 'Versions that there must be', value: 2, least: 1, most: 100 };

describe('a rule with an option', () => {
  const turned: PolicyExamples<Message> = {
    valid: [
      ...examples.valid,
      { name: 'less is enough', facts: planFacts({ target: { versions: 1 } }), options: { least: 1 } },
    ],
    invalid: [
      ...examples.invalid,
      {
        name: 'more are wanted',
        facts: planFacts({ target: { versions: 9 } }),
        options: { least: 10 },
        findings: [{ messageId: 'few', message: 'There are 9' }],
      },
    ],
  };
  for (const { name, run } of policyCases(rule(speak, { options: { least: versions } }), turned)) test(name, run);
});

let calls = 0;
const always =
  (report: Report<Message>): Check =>
  (_facts, tell) =>
    tell(report);
const failing: Check = () => {
  throw new Error('oh');
};
const twice: Check = (...call) => {
  speak(...call);
  speak(...call);
};
const late = { ...rule(), check: () => Promise.resolve() };
const planted: readonly (readonly [string, Policy<Message>, RegExp])[] = [
  ['says nothing', rule(() => undefined), /reports nothing instead of few/u],
  ['speaks always', rule(always(few)), /reports few instead of nothing/u],
  ['speaks twice', rule(twice), /reports few, few instead of few/u],
  ['is about something else', rule(always({ ...few, subject: 'plan' })), /is about plan, and not about target/u],
  ['is about a disk that is not there', rule(always({ ...few, subject: 'disks/1' })), /“disks\/1”, which is not in/u],
  ['is about a volume that is not there', rule(always({ ...few, subject: 'disks/0/volumes/1' })), /which is not in/u],
  ['fills a place with nothing', rule(always({ ...few, data: { count: '' } })), /puts nothing into \{count\}/u],
  ['fills a place with no number', rule(always({ ...few, data: { count: Number.NaN } })), /puts NaN into \{count\}/u],
  ['leaves a place empty', rule(always({ messageId: 'few', subject: 'target' })), /leaves \{count\} empty/u],
  ['leaves a place of the remedy empty', rule(speak, { remedies: { few: '{other}' } }), /leaves \{other\} empty/u],
  ['says that it does not know', rule(always({ ...few, unknown: true })), /few is reported as unknown/u],
  [
    'says that it knows',
    rule(always({ messageId: 'odd', subject: 'disks/0/volumes/0' })),
    /odd is not reported as unknown/u,
  ],
  [
    'changes its facts',
    rule(({ disks }) => void Object.assign(disks[0] ?? {}, { path: 'x' })),
    /threw: Cannot assign/u,
  ],
  ['throws', rule(failing), /it threw: oh/u],
  ['is late', late, /returned something/u],
  ['changes its mind', rule((_, tell) => tell({ ...few, data: { count: (calls += 1) } })), /the second time/u],
  ['looks at more than it says', rule(speak, { needs: ['target'] }), /although it does not need them/u],
  ['has a bad id', rule(speak, { id: 'Few' }), /its id/u],
  ['has no description', rule(speak, { description: ' ' }), /a description/u],
  ['has no source', rule(speak, { source: '' }), /comes from/u],
  ['has an empty page', rule(speak, { docs: '' }), /its page/u],
  ['has a floor above its severity', rule(speak, { floor: 'error' }), /floor must not be above/u],
  ['has an empty message', rule(speak, { messages: { few: '', odd: 'x' } }), /message few must not be empty/u],
  ['has an option without a name', rule(speak, { options: { '1': versions } }), /name of the option 1/u],
  [
    'has an option that says nothing',
    rule(speak, { options: { least: { ...versions, description: '' } } }),
    /a descr/u,
  ],
  ['has an option out of range', rule(speak, { options: { least: { ...versions, most: 1 } } }), /out of its range/u],
  ['has an option without a number', rule(speak, { options: { least: { ...versions, most: NaN } } }), /have a value/u],
  ['has an option without an example', rule(speak, { options: { least: versions } }), /no example turns least/u],
  ['has an empty remedy', rule(speak, { remedies: { few: '' } }), /remedy few must not be empty/u],
];

test.each(planted)('a rule that %s is caught', (_what, policy, words) => {
  expect(complaints(policy, examples)).toMatch(words);
});

test('a message that is declared nowhere, and a remedy for it', () => {
  const wrong: Policy = {
    meta: { ...rule().meta, messages: { other: 'x' }, remedies: { few: 'x' } },
    check: (_facts: BackupPlan, tell) => tell({ ...few }),
  };
  const said = complaints(wrong, { valid: [], invalid: [{ facts: planFacts(), findings: [] }] });
  expect(said).toMatch(/remedy few belongs to no message/u);
  expect(said).toMatch(/reports few, which it does not declare/u);
});

test('examples that leave something out are caught', () => {
  expect(complaints(rule(), { ...examples, invalid: examples.invalid.slice(0, 1) })).toContain('brings about odd');
  expect(complaints(rule(), { ...examples, valid: [] })).toContain('an example of each kind');
});

test.each([
  [{ message: 'There are 1' }, /the message of few is “There are 0”/u],
  [{ message: /many/u }, /and not \/many\/u/u],
  [{ remedy: 'x' }, /the remedy of few/u],
])('texts are compared: %j', (wanted, words) => {
  const invalid = [{ facts: planFacts(), findings: [{ messageId: 'few' as const, ...wanted }] }];
  expect(complaints(rule(), { ...examples, invalid })).toMatch(words);
});

test('facts are as usual, but for what is changed', () => {
  expect(planFacts().target).toMatchObject({
    free: 2 ** 40,
    capabilities: { shadowCopies: 'engine', randomWrite: true },
  });
  const { target } = planFacts({
    target: {
      free: undefined,
      traits: { singleVersion: true, physicalDisks: undefined },
      capabilities: { randomWrite: false },
    },
  });
  expect([target.free, target.traits.physicalDisks]).toEqual([undefined, undefined]);
  expect(target.capabilities).toMatchObject({
    singleVersion: true,
    shadowCopies: 'none',
    dynamicDisk: 'unknown',
    randomWrite: false,
  });
  expect(planFacts({ target: { total: undefined, versions: 4 } }).target).toMatchObject({
    free: 2 ** 40,
    total: undefined,
    versions: 4,
  });
});
