import { afterAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { makeScratch } from '@sysimage/fixtures';
import {
  at,
  attemptHere,
  listAt,
  recordedDesk,
  sourceRuleCases,
  succeedHere,
  targetRuleCases,
  textAt,
  type RecordedDesk,
} from '../src/index.js';

const scratch = await makeScratch();
afterAll(() => scratch.remove());

const cases = { ...sourceRuleCases, ...targetRuleCases };
const { stdout } = await succeedHere('policy', 'list', '--json');
const rules = listAt(JSON.parse(stdout), 'policies').map((rule) => textAt(rule, 'id'));

interface Told {
  readonly outcome: unknown;
  readonly severity: unknown;
  readonly message: string;
}

/** What each rule says of a machine, through the command. */
async function ask(
  change: (desk: RecordedDesk) => void,
  ...options: readonly string[]
): Promise<ReadonlyMap<string, readonly Told[]>> {
  const desk = recordedDesk();
  change(desk);
  const [machine, config] = [scratch.at('machine.json'), scratch.at('config.yaml')];
  await writeFile(machine, JSON.stringify(desk.record));
  await writeFile(config, JSON.stringify(desk.config));
  const files = ['--machine', machine, '--config', config];
  const said = await attemptHere('policy', 'check', 'home', ...files, '--json', '--show-passed', ...options);
  if (said.stdout === '') throw new Error(said.stderr);
  const told = new Map<string, Told[]>();
  for (const finding of listAt(JSON.parse(said.stdout), 'findings')) {
    const rule = textAt(finding, 'policy');
    const [outcome, severity] = [at(finding, 'outcome'), at(finding, 'severity')];
    told.set(rule, [...(told.get(rule) ?? []), { outcome, severity, message: textAt(finding, 'message') }]);
  }
  return told;
}

test('there is a case of every rule, and of no other', () => {
  expect(Object.keys(cases).toSorted()).toEqual(rules.toSorted());
});

test('of a machine where all is well no rule has anything to say', async () => {
  // One rule is off otherwise.
  const told = await ask(() => undefined, '--profile', 'windows-7');
  expect([...told.keys()].toSorted()).toEqual(rules.toSorted());
  expect([...told].filter(([, findings]) => findings.some(({ outcome }) => outcome !== 'pass'))).toEqual([]);
});

test.each(Object.entries(cases))('%s speaks, is silent, and says when it does not know', async (rule, each) => {
  const { fires, right, unknown, options = [], severity, says } = each;
  const fired = await ask(fires, ...options);
  const message = expect.stringMatching(says);
  expect(fired.get(rule)).toContainEqual({ outcome: 'violation', severity, message });
  if (right !== undefined) expect((await ask(right, ...options)).get(rule)).toMatchObject([{ outcome: 'pass' }]);
  if ('never' in unknown) expect(unknown.never).not.toBe('');
  else {
    const left = await ask(unknown.without, ...options);
    const reason = expect.stringMatching(unknown.says);
    expect(left.get(rule)).toEqual([{ outcome: 'unknown', severity, message: reason }]);
  }
});
