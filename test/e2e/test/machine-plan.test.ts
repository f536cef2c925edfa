import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constant, tokens, type Service } from '@sysimage/core';
import { makeScratch } from '@sysimage/fixtures';
import { at, attemptHere, listAt, planTellingRule, runHere, succeedHere, ToyDisk } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const toy = new ToyDisk(24 * mebi);
const [disk, record, config] = [scratch.at('disk.img'), scratch.at('machine.json'), scratch.at('config.yaml')];

/** Two versions, and more on the disk than they hold; of another computer there is one, too. */
beforeAll(async () => {
  await writeFile(scratch.at('telling.mjs'), planTellingRule);
  await writeFile(
    config,
    `
plugins: [./telling.mjs]
targets: { shelf: { plugin: dir, path: ${scratch.at('shelf')} }, single: { plugin: dir, path: ${scratch.at('single')}, singleVersion: true } }
jobs:
  home: { disks: [disk.img], to: shelf, computer: pc }
  other: { disks: [disk.img], to: shelf, computer: laptop, maxAge: 1h }
policies: { suppress: [{ policy: target/size, reason: known, expires: 2099-01-01 }] }
`,
  );
  for (let block = 300; block < 900; block += 1) toy.fill(block, 7);
  await writeFile(disk, toy.bytes);
  const backUp = ['backup', '--disk', disk, '--config', config];
  await succeedHere(...backUp, '--to', 'shelf', '--computer', 'pc');
  await succeedHere(...backUp, '--to', 'single', '--computer', 'pc');
  for (let block = 1000; block < 1400; block += 1) toy.fill(block, 9);
  await writeFile(disk, toy.bytes);
  await succeedHere(...backUp, '--to', 'shelf', '--computer', 'pc');
  for (let block = 2000; block < 2500; block += 1) toy.fill(block, 5);
  await writeFile(disk, toy.bytes);
  const targets = ['--to', 'shelf', '--to', 'single', '--to', `dir:${scratch.at('empty')}`];
  await succeedHere('machine', 'record', record, '--computer', 'pc', '--disk', disk, ...targets, '--config', config);
});

const check = ['policy', 'check', '--config', config, '--json', '--show-passed'];

test.each([
  [['home']],
  [['home', '--gaps']],
  [['home', '--profile', 'windows-7']],
  [['home', '--profile', 'strict']],
  [['other']],
  [['home', '--to', 'single']],
  [['--disk', disk, '--to', `dir:${scratch.at('empty')}`, '--computer', 'pc']],
  [['home', '--include', '1']],
])('of %j the rules say of the record what they say of the machine', async (asked) => {
  const recorded = await attemptHere(...check, ...asked, '--machine', record);
  const live = await attemptHere(...check, ...asked);
  expect(recorded.stdout).toContain('bytesNeeded');
  expect(JSON.parse(recorded.stdout)).toEqual(JSON.parse(live.stdout));
  expect(recorded.code).toBe(live.code);
});

test('the record has no byte of what it is about', async () => {
  const text = await readFile(record, 'utf8');
  expect(JSON.parse(text)).toMatchObject({
    planning: {
      format: 'sysimage-planning/1',
      disks: [{ path: disk, fileSystems: [{ partition: 1, type: 'ext2', state: 'clean' }] }],
      targets: {
        shelf: { computers: [{ name: 'pc', versions: [{ disks: [] }, { disks: [{}] }] }, { name: 'laptop' }] },
      },
    },
  });
  const pattern = Buffer.from(toy.bytes.subarray(toy.offsetOf(300), toy.offsetOf(300) + 32));
  for (const spelled of [pattern.toString('hex'), pattern.toString('base64').slice(0, 40)])
    expect(text).not.toContain(spelled);
});

test('what cannot be read is left out and told, and the rest is written', async () => {
  const path = scratch.at('part.json');
  const no = scratch.at('no.img');
  await mkdir(scratch.at('blocked'));
  await writeFile(scratch.at('blocked', 'file'), '');
  const to = `dir:${scratch.at('blocked', 'file', 'x')}`;
  const asked = ['--disk', disk, '--disk', no, '--to', to, '--to', 'shelf', '--config', config];
  const { code, stderr } = await attemptHere('machine', 'record', path, ...asked);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/not recorded: what lies on .*no\.img: /u),
  });
  expect(stderr).toMatch(/not recorded: the target dir:.*blocked/u);
  const written: unknown = JSON.parse(await readFile(path, 'utf8'));
  expect(listAt(written, 'planning', 'disks').map((each) => at(each, 'path'))).toEqual([disk]);
  expect(Object.keys(Object(at(written, 'planning', 'targets')))).toEqual(['shelf']);
  const nothing = await attemptHere('machine', 'record', path, '--no-contents');
  expect(nothing.code).toBe(0);
  expect(at(JSON.parse(await readFile(path, 'utf8')), 'planning')).toBeUndefined();
});

test('planning facts of another format are refused, and the inventory is shown all the same', async () => {
  const path = scratch.at('later.json');
  const text = (await readFile(record, 'utf8')).replace('sysimage-planning/1', 'sysimage-planning/9');
  await writeFile(path, text);
  const refused = await attemptHere(...check, 'home', '--machine', path);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('not sysimage-planning/1') });
  expect(await attemptHere('disks', '--machine', path, '--json')).toMatchObject({ code: 0 });
});

test('a record tells whose folder it is, as the machine itself would', async () => {
  const machine = (machineId: string, hostName: string): readonly Service[] => [
    constant(tokens.machine, {
      hostName,
      machineId,
      holder: (token) => Promise.resolve({ token, program: 'test', host: hostName }),
      fateOf: () => Promise.resolve('unknown'),
    }),
  ];
  const to = ['--disk', disk, '--to', `dir:${scratch.at('names')}`];
  expect((await runHere(['backup', ...to], machine('one', 'desk'))).code).toBe(0);
  const path = scratch.at('names.json');
  const record2 = async (...who: Parameters<typeof machine>): Promise<void> => {
    expect((await runHere(['machine', 'record', path, ...to], machine(...who))).code).toBe(0);
  };
  await record2('one', 'office');
  const renamed = await attemptHere('policy', 'check', ...to, '--machine', path);
  expect(renamed).toMatchObject({ code: 0, stdout: expect.stringContaining('this very machine is there as desk') });
  // What there is under its earlier name is in the record, too.
  const asBefore = await attemptHere('policy', 'check', ...to, '--machine', path, '--computer', 'desk');
  expect(asBefore).toMatchObject({ code: 0, stdout: expect.not.stringContaining('this very machine') });
  await record2('two', 'desk');
  const anew = await attemptHere('policy', 'check', ...to, '--machine', path);
  expect(anew).toMatchObject({ code: 1, stderr: expect.stringContaining('before it was installed anew') });
  expect(await attemptHere('policy', 'check', ...to, '--machine', path, '--take-over')).toMatchObject({ code: 0 });
});

test('versions that are lost are told before the next one is made, and by a record', async () => {
  const to = ['--disk', disk, '--to', `dir:${scratch.at('losing')}`, '--computer', 'pc'];
  for (let round = 0; round < 2; round += 1) await succeedHere('backup', ...to);
  const versions = scratch.at('losing', 'sysimage', 'pc', 'versions');
  const [first = ''] = (await readdir(versions)).toSorted();
  await writeFile(join(versions, first), 'not it');
  const path = scratch.at('losing.json');
  await succeedHere('machine', 'record', path, ...to);
  for (const words of [['plan'], ['policy', 'check'], ['policy', 'check', '--machine', path]]) {
    const { code, stdout } = await attemptHere(...words, ...to);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('[target/lost-version]') });
    expect(stdout).toContain(`version ${first.slice(0, -'.json'.length)} is lost: `);
  }
});
