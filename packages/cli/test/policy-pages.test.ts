import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { configurePolicies, type Policy } from '@sysimage/core';
import { ownPlugins } from '../src/plugins/own-plugins.js';
import { policyPage } from '../src/policy-page.js';

const pages = new URL('../../../../docs/policies/', import.meta.url);
let policies: readonly Policy[];
let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  const own = (await ownPlugins()).flatMap((plugin) => plugin.policies ?? []);
  policies = configurePolicies(own, {}, new Date());
  const names = await readdir(pages);
  files = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, pages), 'utf8')] as const)),
  );
});

const pageOf = (id: string): string => `${id.replace('/', '-')}.md`;

test('every rule has a page, and every page a rule', () => {
  const wanted = [...policies.map(({ meta }) => pageOf(meta.id)), 'README.md'];
  expect([...files.keys()].toSorted()).toEqual(wanted.toSorted());
});

test('a page says what the rule is, how grave, how far it can be turned down, what is wrong and what right, and what to do', () => {
  for (const { meta } of policies) {
    const text = files.get(pageOf(meta.id)) ?? '';
    const floor = meta.floor === undefined ? '' : `, not below ${meta.floor}`;
    expect(text).toMatch(new RegExp(`^# ${meta.id}\n`, 'u'));
    expect(text).toContain(`Severity: ${meta.severity}${floor}.\n`);
    for (const start of ['\\*\\*What to do:\\*\\*', 'Wrong:', 'Right:'])
      expect({ id: meta.id, text }).toMatchObject({ text: expect.stringMatching(new RegExp(`^${start} \\S`, 'mu')) });
    for (const row of ['fires', 'silent', 'not known']) expect(text).toMatch(new RegExp(`^\\| ${row} +\\| \\S`, 'mu'));
    for (const [name, { value }] of Object.entries(meta.options ?? {}))
      expect(text).toMatch(new RegExp(`^\\| options +\\| \`${name}\`: .*: ${value} +\\|`, 'mu'));
    expect(meta.docs).toBe(`docs/policies/${pageOf(meta.id)}`);
  }
});

test('the page of a rule is shown, and no other rule has it', async () => {
  for (const { meta } of policies) {
    const page = await policyPage(meta.id);
    expect(`# ${meta.id}\n\n${page ?? ''}\n`).toBe(files.get(pageOf(meta.id)));
  }
  expect(await policyPage('acme/rule')).toBeUndefined();
  expect(await policyPage('target-free/space')).toBeUndefined();
});

test('the list of all rules is right', () => {
  const rows = (files.get('README.md') ?? '').split('\n').filter((line) => line.startsWith('| ['));
  const wanted = policies.map(({ meta }) => `[${meta.id}](${pageOf(meta.id)})|${meta.severity}|${meta.floor ?? ''}`);
  const found = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
      .join('|'),
  );
  expect(found.toSorted()).toEqual(wanted.toSorted());
});
