import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exitCodes } from '@sysimage/cli';
import { constant, tokens } from '@sysimage/core';
import { at, listAt, PassingClock, runHere, ToyDisk } from '../src/index.js';

let folder: string;
let disk: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-'));
  disk = join(folder, 'disk.img');
  const toy = new ToyDisk(6 * 1024 * 1024);
  toy.fill(300, 7);
  writeFileSync(disk, toy.bytes);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const clock = new PassingClock(() => Date.UTC(2027, 2, 1, 12));
/** A target that keeps one version, rules that say what they are told to, and a job. */
const head = (): string => `plugins: [./rules-${made}.mjs]
targets: { shelf: { plugin: dir, path: ${join(folder, 'shelf')}, singleVersion: true } }
jobs: { home: { disks: [disk.img], to: shelf, computer: Desk } }
`;
/** What lies on which disk depends on the machine that runs the tests. */
const alone = 'target/same-physical-disk: warn, target/free-space: "off", target/in-memory: "off"';
const rules = (severity: string, body: string, more: string): string => `export const plugin = {
  meta: { name: 'rules', version: '1.0.0', api: 1 },
  policies: [{
    meta: { id: 'acme/rule', description: 'Acme is content', severity: '${severity}', source: 'Acme', messages: { found: 'Acme says {what}' }, remedies: { found: 'Ask Acme.' }, ${more} },
    check: (plan, report, options) => { ${body} },
  }],
};`;
const says = `report({ messageId: 'found', subject: 'target', data: { what: plan.computer } });`;
const doubts = `report({ messageId: 'found', subject: 'target', data: { what: 'nothing' }, unknown: true });`;

async function sysimage(policies: string, ...args: readonly string[]): Promise<number> {
  const config = join(folder, 'config.yaml');
  writeFileSync(config, `${head()}${policies}`);
  const said = await runHere([...args, '--config', config], [constant(tokens.clock, clock)]);
  ({ stdout: out, stderr: err } = said);
  return said.code;
}

const acme = (text: string): unknown =>
  listAt(JSON.parse(text), 'findings').find((each) => at(each, 'policy') === 'acme/rule');
/** A module is loaded once, so that other rules need another file. */
let made = 0;
const setUp = (severity: string, body: string, more = ''): void =>
  writeFileSync(join(folder, `rules-${(made += 1)}.mjs`), rules(severity, body, more));
const written = (): readonly string[] => readdirSync(folder).filter((name) => name === 'shelf');

describe('policy list and explain', () => {
  test('tell the severities of this configuration, of rules of plugins too', async () => {
    setUp('info', says);
    const policies = 'policies: { profile: strict, severities: { acme/rule: error, target/single-version: "off" } }\n';
    expect(await sysimage(policies, 'policy', 'list', '--json')).toBe(0);
    const severity = (id: string): unknown =>
      at(
        listAt(JSON.parse(out), 'policies').find((policy) => at(policy, 'id') === id),
        'severity',
      );
    expect(severity('acme/rule')).toBe('block');
    expect(severity('target/single-version')).toBe('warn');
    expect(await sysimage(policies, 'policy', 'list', '--json', '--profile', 'recommended')).toBe(0);
    expect(severity('acme/rule')).toBe('error');
    expect(await sysimage(policies, 'policy', 'list')).toBe(0);
    expect(out).toMatch(/^target\/single-version +warn +warn +The target keeps more/mu);
    expect(await sysimage('', 'policy', 'explain', 'target/single-version')).toBe(0);
    for (const words of [
      'severity: warn, not below warn',
      'keeps only the newest',
      '→ Let the target',
      'Microsoft',
      '**What to do:**',
    ]) {
      expect(out).toContain(words);
    }
    expect(await sysimage('', 'policy', 'explain', 'acme/rule', '--json')).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: 'acme/rule', remedies: { found: 'Ask Acme.' } });
    expect(JSON.parse(out)).not.toHaveProperty('page');
    for (const [docs, words] of [
      ['docs/rule.md', 'more: +docs/rule\\.md, in the sources of the plugin that brings the rule\n$'],
      ['https://acme.example/rule', 'more: +https://acme\\.example/rule\n$'],
    ] as const) {
      setUp('info', says, `docs: '${docs}'`);
      expect(await sysimage('', 'policy', 'explain', 'acme/rule')).toBe(0);
      expect(out).toMatch(new RegExp(words, 'u'));
    }
  });

  test('options: as the configuration wants them, and told', async () => {
    const option = `{ description: 'Days of it', value: 3, least: 1, most: 9 }`;
    setUp('block', `if (options.days > 3) ${says}`, `options: { days: ${option} }`);
    const days = (value: number): string =>
      `policies: { severities: { ${alone} }, options: { acme/rule: { days: ${value} } } }\n`;
    expect(await sysimage(days(4), 'policy', 'explain', 'acme/rule')).toBe(0);
    expect(out).toContain('option:   days = 4 (1 to 9)  Days of it\n');
    expect(await sysimage(days(3), 'policy', 'check', 'home')).toBe(0);
    expect(await sysimage(days(4), 'policy', 'check', 'home')).toBe(13);
    expect(await sysimage(days(10), 'backup', 'home')).toBe(2);
    expect(err).toMatch(/policies\.options\.acme\/rule\.days: must be a number from 1 to 9/u);
  });

  test('a rule that is not there', async () => {
    setUp('info', says);
    expect(await sysimage('', 'policy', 'explain', 'target/single-vrsion')).toBe(2);
    expect(err).toContain('did you mean "target/single-version"?');
    for (const command of [
      ['policy', 'list'],
      ['backup', 'home'],
      ['policy', 'check', 'home'],
    ]) {
      expect(await sysimage('policies: { severities: { acme/rul: warn } }\n', ...command)).toBe(2);
      expect(err).toMatch(/config\.yaml:4:27: policies\.severities\.acme\/rul: no plugin .*"acme\/rule"\?/u);
    }
    expect(written()).toEqual([]);
  });
});

describe('policy check', () => {
  test('writes nothing, and fails from the severity on that is asked for', async () => {
    setUp('error', says);
    const settings = `policies: { severities: { ${alone} } }\n`;
    expect(await sysimage(settings, 'policy', 'check', 'home', '--json')).toBe(0);
    expect(acme(out)).toEqual({
      policy: 'acme/rule',
      severity: 'error',
      outcome: 'violation',
      subject: 'target',
      message: 'Acme says Desk',
      remedy: 'Ask Acme.',
    });
    expect(JSON.parse(out)).toMatchObject({ failed: false, exitCode: 0 });
    expect(await sysimage(settings, 'policy', 'check', 'home', '--fail-on', 'error')).toBe(exitCodes.blocked);
    expect(out).toMatch(/^serious: Acme says Desk \[acme\/rule\]\n {2}Ask Acme\.\n/mu);
    expect(out).toMatch(/^failed: \d found, .*: 1 too grave\n$/mu);
    expect(await sysimage(settings, 'policy', 'check', 'home', '--profile', 'strict')).toBe(exitCodes.blocked);
    expect(written()).toEqual([]);
  });

  test('counts warnings; options and the environment say the same', async () => {
    setUp('warn', `${says} ${says}`);
    const settings = `policies: { severities: { ${alone} } }\n`;
    const check = (...more: readonly string[]): Promise<number> =>
      sysimage(settings, 'policy', 'check', 'home', ...more);
    expect(await check('--max-warnings', '9')).toBe(0);
    expect(await check('--max-warnings', '1')).toBe(13);
    process.env['SYSIMAGE_MAX_WARNINGS'] = '1';
    try {
      expect(await check()).toBe(13);
      expect(await check('--max-warnings', '9')).toBe(0);
    } finally {
      delete process.env['SYSIMAGE_MAX_WARNINGS'];
    }
    expect(await check('--max-warnings', 'few')).toBe(2);
    expect(await check('--fail-on', 'off')).toBe(2);
  });

  test('what is not known and what is suppressed does not count, and is told', async () => {
    setUp('block', doubts);
    expect(await sysimage('', 'policy', 'check', 'home', '--json')).toBe(0);
    expect(acme(out)).toMatchObject({ outcome: 'unknown' });
    setUp('error', says);
    const suppressing = (expires: string): string =>
      `policies: { profile: strict, severities: { ${alone} }, suppress: [{ policy: acme/rule, reason: for now, expires: ${expires} }] }\n`;
    expect(await sysimage(suppressing('2027-03-01'), 'policy', 'check', 'home', '--json')).toBe(0);
    expect(acme(out)).toMatchObject({
      outcome: 'suppressed',
      suppression: { reason: 'for now', expires: '2027-03-01' },
    });
    expect(await sysimage(suppressing('2027-03-01'), 'policy', 'check', 'home')).toBe(0);
    expect(out).toContain('suppressed until 2027-03-01: Acme says Desk [acme/rule]\n  for now\n');
    expect(await sysimage(suppressing('2027-02-28'), 'policy', 'check', 'home', '--json')).toBe(13);
    expect(acme(out)).toMatchObject({ outcome: 'violation' });
    expect(out).toContain('policy/suppression-expired');
  });

  test('rules that passed are told when they are asked for', async () => {
    setUp('warn', '');
    expect(await sysimage('', 'policy', 'check', 'home', '--json')).toBe(0);
    expect(acme(out)).toBeUndefined();
    expect(await sysimage('', 'policy', 'check', 'home', '--json', '--show-passed')).toBe(0);
    expect(acme(out)).toMatchObject({ outcome: 'pass', message: 'Acme is content' });
    expect(await sysimage('', 'policy', 'check', 'home', '--show-passed')).toBe(0);
    expect(out).toContain('passed: Acme is content [acme/rule]\n');
  });

  test('SARIF and JUnit, into a file as well', async () => {
    setUp('error', says);
    const file = join(folder, 'findings.sarif');
    const strict = ['--fail-on', 'error', '--profile', 'recommended'];
    expect(await sysimage('', 'policy', 'check', 'home', '--format', 'sarif', '--output', file, ...strict)).toBe(13);
    expect(out).toBe('');
    expect(err).toContain(`Findings are in ${file}.`);
    const log: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(at(log, 'version')).toBe('2.1.0');
    expect(listAt(log, 'runs', 0, 'results')).toContainEqual(
      expect.objectContaining({ ruleId: 'acme/rule', level: 'error' }),
    );
    expect(await sysimage('', 'policy', 'check', 'home', '-f', 'junit', ...strict)).toBe(13);
    expect(out).toContain('<failure type="error" message="Acme says Desk">');
    expect(await sysimage('', 'policy', 'check', 'home', '-o', join(folder, 'no', 'x'))).toBe(1);
    expect(err).toContain('cannot be written');
  });
});

describe('a backup', () => {
  test('error does not stop it, and is recorded; strict stops it before anything is written', async () => {
    setUp('error', says);
    const strict = `policies: { profile: strict, severities: { ${alone} } }\n`;
    expect(await sysimage(strict, 'backup', 'home', '--yes')).toBe(13);
    expect(err).toContain('Acme says Desk');
    expect(await sysimage(strict, 'backup', 'home', '--allow-live', '--take-over')).toBe(13);
    expect(written()).toEqual([]);
    expect(await sysimage('', 'backup', 'home')).toBe(0);
    expect(await sysimage('', 'versions', '--from', 'shelf', '--json')).toBe(0);
    expect(listAt(JSON.parse(out), 'versions', 0, 'findings')).toContainEqual(
      expect.objectContaining({ policy: 'acme/rule', severity: 'error', outcome: 'violation' }),
    );
  });

  test('strict stops where a rule cannot tell', async () => {
    setUp('error', doubts);
    const settings = (profile: string): string => `policies: { profile: ${profile}, severities: { ${alone} } }\n`;
    expect(await sysimage(settings('strict'), 'backup', 'home')).toBe(13);
    expect(written()).toEqual([]);
    expect(await sysimage(settings('recommended'), 'backup', 'home')).toBe(0);
  });

  test('what is suppressed is recorded with reason and day; what blocks is never suppressed', async () => {
    const settings = 'policies: { suppress: [{ policy: acme/rule, reason: for now, expires: 2027-03-01 }] }\n';
    setUp('block', says);
    expect(await sysimage(settings, 'backup', 'home')).toBe(13);
    setUp('error', says);
    expect(await sysimage(settings, 'backup', 'home')).toBe(0);
    expect(await sysimage(settings, 'versions', '--from', 'shelf', '--json')).toBe(0);
    expect(listAt(JSON.parse(out), 'versions', 0, 'findings')).toContainEqual(
      expect.objectContaining({
        policy: 'acme/rule',
        outcome: 'suppressed',
        suppression: { reason: 'for now', expires: '2027-03-01' },
      }),
    );
  });
});

test.each([
  ['null', /brings a policy that is none/u],
  ['[{ meta: {}, check: () => {} }]', /brings a policy that is none/u],
  ["[{ meta: { id: 'a/b' } }]", /brings a policy that is none/u],
  ["[{ meta: { id: 'a b', messages: {}, severity: 'warn' }, check: () => {} }]", /policy a b is faulty: its id/u],
  ["[{ meta: { id: 'a/b', messages: {}, severity: 'bad' }, check: () => {} }]", /policy a\/b is faulty: its severity/u],
])('a plugin whose rules are none is refused: %s', async (policies, words) => {
  const meta = "{ name: 'faulty', version: '1.0.0', api: 1 }";
  writeFileSync(
    join(folder, `rules-${(made += 1)}.mjs`),
    `export const plugin = { meta: ${meta}, policies: ${policies} };`,
  );
  expect(await sysimage('', 'policy', 'list')).toBe(2);
  expect(err).toMatch(words);
  expect(err).not.toContain('    at ');
});

describe('a package that brings rules', () => {
  const announce = (policies: readonly string[]): void => {
    mkdirSync(join(folder, 'rules'), { recursive: true });
    const manifest = {
      name: 'acme-rules',
      type: 'module',
      main: 'rules.mjs',
      sysimage: { plugin: { api: 1, policies } },
    };
    writeFileSync(join(folder, 'rules', 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'rules', 'rules.mjs'), rules('warn', says, ''));
    writeFileSync(join(folder, 'package.yaml'), 'plugins: [./rules]\n');
  };

  const list = async (): Promise<number> => {
    const said = await runHere(['policy', 'list', '--config', join(folder, 'package.yaml')]);
    ({ stdout: out, stderr: err } = said);
    return said.code;
  };

  test('is loaded for them', async () => {
    announce(['acme/rule']);
    expect({ code: await list(), err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^acme\/rule +warn/mu);
  });

  test.each([[['acme/rule', 'acme/other']], [['acme/other']]])('must bring what it announces: %j', async (ids) => {
    announce(ids);
    expect(await list()).toBe(2);
    expect(err).toMatch(/does not bring what its package\.json announces: .*acme\/other/u);
  });
});
