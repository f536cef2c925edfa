import { expect, test } from '@jest/globals';
import { definePolicy, defineTarget, SysimageError, type AnyTargetPlugin, type Policy } from '@sysimage/core';
import { checkConfig } from '../src/config/check-config.js';
import { loadConfig } from '../src/config/load-config.js';

/** A kind whose checks are those that are given; it cannot be opened. */
function kind(parse: (input: unknown) => unknown): AnyTargetPlugin {
  return defineTarget({
    kind: 'box',
    description: 'A box',
    facets: [],
    options: {
      parse,
      jsonSchema: () => ({
        properties: { host: {}, key: { writeOnly: true }, deep: { properties: { password: { writeOnly: true } } } },
      }),
    },
    fromUrl: (url) => ({ url }),
    open: () => {
      throw new Error('opened');
    },
  });
}

function rule(id: string, severity: 'warn' | 'block', floor?: 'warn'): Policy {
  const days = { description: 'Days', value: 3, least: 1, most: 9 };
  const more = floor === undefined ? {} : { floor, options: { days } };
  return definePolicy<string, string>({
    meta: { id, description: 'd', severity, messages: {}, source: 's', ...more },
    check: () => undefined,
  });
}

async function notes(text: string, parse: (input: unknown) => unknown = (input) => input): Promise<readonly string[]> {
  const found = await checkConfig({
    loaded: loadConfig(text, '/c'),
    registry: {
      kinds: [kind(parse)],
      policies: [rule('target/a', 'warn', 'warn'), rule('target/b', 'block')],
    },
    now: new Date('2027-03-01T00:00:00.000Z'),
    environment: { PASS: 'hunter2', LONG: 'hunter22' },
  });
  return found.map(({ kind: what, path, position, message }) =>
    [what, `${position.line}:${position.column}`, path, message].join(' '),
  );
}

test('nothing to say of what is right', async () => {
  const text = 'targets: { a: { plugin: box } }\njobs: { x: { to: a }, y: { to: "box:/p" }, z: { all: true } }\n';
  expect(await notes(text)).toEqual([]);
});

test('a plugin gets its options with references resolved, and without the kind', async () => {
  const seen: unknown[] = [];
  await notes('targets: { a: { plugin: box, host: h, key: { env: PASS } } }\n', (input) => seen.push(input));
  expect(seen).toEqual([{ host: 'h', key: 'hunter2' }]);
});

test('what a plugin refuses is told where it stands, with the name that was meant', async () => {
  const parse = (): never => {
    throw new SysimageError('invalid', 'The option "hots" is not known', { context: { field: 'hots' } });
  };
  expect(await notes('targets:\n  a:\n    plugin: box\n    hots: x\n', parse)).toEqual([
    'problem 4:5 targets.a.hots The option "hots" is not known; did you mean "host"?',
  ]);
  const missing = (): never => {
    throw new SysimageError('invalid', 'The option "host" must be there', { context: { field: 'host' } });
  };
  expect(await notes('targets:\n  a:\n    plugin: box\n', missing)).toEqual([
    'problem 2:3 targets.a The option "host" must be there',
  ]);
});

test('no secret gets out, whatever a plugin says: looked up or written down', async () => {
  const parse = (input: unknown): never => {
    throw new Error(`bad: ${JSON.stringify(input)}`);
  };
  const text = `targets:
  a: { plugin: box, host: { env: LONG }, key: written-here, deep: { password: [ { env: PASS } ] } }
  b: { plugin: box, deep: { password: inside } }
`;
  const said = (await notes(text, parse)).join('\n');
  expect(said).toContain('bad: {"host":"***","key":"***","deep":{"password":["***"]}}');
  expect(said).not.toMatch(/hunter|written-here|inside/u);
});

test('names of nothing', async () => {
  const text = `targets: { shelf: { plugin: bx } }
jobs: { x: { to: shelv }, y: { to: "tape:0" }, z: { to: "box:/p" } }
targets2: {}
`.replace('targets2: {}\n', '');
  expect(
    await notes(text, () => {
      throw new SysimageError('invalid', 'not such a URL');
    }),
  ).toEqual([
    'problem 1:21 targets.shelf.plugin no plugin brings the kind "bx"; did you mean "box"?',
    'problem 2:14 jobs.x.to "shelv" is no target of this file; did you mean "shelf"?',
    'problem 2:32 jobs.y.to "tape:0" is no target of this file, and none of box:…',
    'problem 2:53 jobs.z.to not such a URL',
  ]);
});

test('a reference to nothing', async () => {
  expect(await notes('targets: { a: { plugin: box, key: { env: NONE } } }\n')).toEqual([
    'problem 1:12 targets.a the environment variable NONE is not set',
  ]);
});

test('options of rules that nobody can take', async () => {
  const text = `policies:
  options:
    target/a: { days: 0, dais: 1 }
    target/b: { days: 1 }
    target/aa: { days: 1 }
`;
  expect(await notes(text)).toEqual([
    'problem 3:17 policies.options.target/a.days must be a number from 1 to 9',
    'problem 3:26 policies.options.target/a.dais this rule has no such option, but days; did you mean "days"?',
    'problem 4:17 policies.options.target/b.days this rule has no options',
    'problem 5:5 policies.options.target/aa no plugin brings this rule; did you mean "target/a"?',
  ]);
  expect(await notes('policies: { options: { target/a: { days: 9 } } }\n')).toEqual([]);
});

test('severities and suppressions that do nothing', async () => {
  const text = `policies:
  severities: { target/a: info, target/aa: warn, policy/suppression-unused: off }
  suppress:
    - { policy: target/a, reason: r, expires: 2027-02-28 }
    - { policy: target/a, reason: r, expires: 2027-03-01 }
    - { policy: target/b, reason: r, expires: 2027-03-01 }
    - { policy: target/c, reason: r, expires: 2027-03-01 }
`;
  expect(await notes(text)).toEqual([
    'warning 2:17 policies.severities.target/a stays at warn: nobody can turn it down further',
    'problem 2:33 policies.severities.target/aa no plugin brings this rule; did you mean "target/a"?',
    'warning 4:38 policies.suppress[0].expires is over: this suppresses nothing any more',
    'warning 6:9 policies.suppress[2].policy does nothing: what blocks cannot be suppressed',
    'warning 7:9 policies.suppress[3].policy no plugin brings the rule "target/c"; did you mean "target/a"?',
  ]);
});
