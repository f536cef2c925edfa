import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  constant,
  createEngine,
  defineTarget,
  objectName,
  tokens,
  type Engine,
  type Service,
  type Target,
} from '@sysimage/core';
import { createMemoryTarget } from '@sysimage/target-memory';
import {
  at,
  badLuck,
  flakyTarget,
  PassingClock,
  runHere,
  textAt,
  ToyDisk,
  Workbench,
  type Luck,
} from '../src/index.js';

let folder: string;
let disk: string;
let out: string;
let err: string;
let clock: PassingClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'access-'));
  disk = join(folder, 'disk.img');
  const toy = new ToyDisk(6 * 1024 * 1024);
  for (let block = 100; block < 400; block += 2) toy.fill(block, block & 255);
  writeFileSync(disk, toy.bytes);
  clock = new PassingClock();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sysimage(args: readonly string[], services: readonly Service[]): Promise<number> {
  const said = await runHere(args, [constant(tokens.clock, clock), ...services]);
  ({ stdout: out, stderr: err } = said);
  return said.code;
}

/** A plugin whose one target stays what it is from command to command. */
function plugin(fails: Luck, transport: Target['traits']['transport'] = 'plain'): Service {
  const target = flakyTarget(createMemoryTarget({ traits: { transport } }), fails);
  const memory = defineTarget({
    kind: 'mem',
    description: 'memory',
    facets: ['random', 'capacity'],
    options: { parse: (input) => input, jsonSchema: () => ({}) },
    fromUrl: (url) => url,
    open: () => {
      const { random, capacity } = target.facets;
      return Promise.resolve({ ...target, facets: { random, capacity } });
    },
  });
  return constant(tokens.plugins, [{ meta: { name: 'memory', version: '1', api: 1 }, targets: [memory] }]);
}

const never: Luck = () => false;
const always: Luck = () => true;
const lines = (path: string): readonly unknown[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

test('a network that stumbles is not noticed: backup, versions, verify, restore, export', async () => {
  const services = [plugin(badLuck(5, 3))];
  const run = async (...args: readonly string[]): Promise<void> => {
    expect([await sysimage(args, services), err]).toEqual([0, expect.any(String)]);
  };
  await run('backup', '--disk', disk, '--to', 'mem:x');
  await run('backup', '--disk', disk, '--to', 'mem:x');
  await run('versions', '--from', 'mem:x');
  await run('verify', '--from', 'mem:x');
  for (const [name, command] of [
    ['restored.img', ['restore', 'latest', '--from', 'mem:x', '--disk']],
    ['exported.img', ['export', 'latest', '--from', 'mem:x', '--format', 'raw', '--output']],
  ] as const) {
    await run(...command, join(folder, name));
    expect(Buffer.compare(readFileSync(join(folder, name)), readFileSync(disk))).toBe(0);
  }
  expect(clock.passed).toBeGreaterThan(0);
});

test('one that stays away is given up, with the number of tries; a disk of this machine is asked once', async () => {
  expect(await sysimage(['versions', '--from', 'mem:x'], [plugin(always)])).toBe(10);
  expect(err).toMatch(/the line was cut .*\(tried 6 times\)/u);
  const config = join(folder, 'config.yaml');
  const calls = async (text: string, transport: 'plain' | 'local'): Promise<number> => {
    writeFileSync(config, text);
    const trace = join(folder, 'trace');
    rmSync(trace, { force: true });
    const args = ['versions', '--config', config, '--from', text === '' ? 'mem:x' : 'far', '--trace', trace];
    expect(await sysimage(args, [plugin(always, transport)])).toBe(10);
    return lines(trace).filter((line) => at(line, 'outcome') === 'unavailable').length;
  };
  expect(await calls('', 'local')).toBe(1);
  expect(await calls('targets: { far: { plugin: mem, retry: { tries: 3 } } }', 'local')).toBe(3);
  expect(await calls('targets: { far: { plugin: mem, retry: { tries: 1 } } }', 'plain')).toBe(1);
});

test('--trace adds a line for every call, also for those that failed', async () => {
  const trace = join(folder, 'trace.jsonl');
  const services = [plugin(badLuck(5, 3))];
  expect(await sysimage(['backup', '--disk', disk, '--to', 'mem:x', '--trace', trace], services)).toBe(0);
  const first = lines(trace);
  expect(statSync(trace).mode & 0o777).toBe(0o600);
  const outcomes = new Set(first.map((line) => textAt(line, 'outcome')));
  expect([...outcomes].toSorted()).toEqual(expect.arrayContaining(['done', 'unavailable']));
  const image = first.filter((line) => textAt(line, 'name').endsWith('image.vhd'));
  expect(image).toContainEqual(expect.objectContaining({ facet: 'random', operation: 'flush', outcome: 'done' }));
  expect(image).toContainEqual(
    expect.objectContaining({ operation: 'write', ranges: [[expect.any(Number), expect.any(Number)]] }),
  );
  expect(await sysimage(['versions', '--from', 'mem:x', '--trace', trace], services)).toBe(0);
  expect(lines(trace).length).toBeGreaterThan(first.length);
  expect(await sysimage(['versions', '--from', 'mem:x', '--trace', folder], services)).toBe(1);
  expect(err).toContain('cannot be written');
});

test('a limit is kept: from the command line, and from the configuration', async () => {
  const moved = 150 * 4096;
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'targets: { far: { plugin: mem, limit: { upload: 50KB, download: 1GiB } } }');
  const services = [plugin(never)];
  expect(await sysimage(['backup', '--config', config, '--disk', disk, '--to', 'far'], services)).toBe(0);
  expect(clock.passed).toBeGreaterThan((moved / 50_000 - 1) * 1000);
  clock.passed = 0;
  const restored = join(folder, 'restored.img');
  const restore = ['restore', 'latest', '--config', config, '--from', 'far', '--disk', restored];
  expect(await sysimage(restore, services)).toBe(0);
  expect(clock.passed).toBeLessThan(1000);
  expect(await sysimage([...restore, '--yes', '--limit-download', '20KB'], services)).toBe(0);
  expect(clock.passed).toBeGreaterThan((moved / 20_000 - 1) * 1000);
  expect(await sysimage(['versions', '--from', 'mem:x', '--limit', '5'], services)).toBe(2);
  expect(err).toMatch(/--limit.*500KiB or 10MiB/u);
});

test('target show tells of retries and limits', async () => {
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'targets: { far: { plugin: mem, retry: { tries: 9, pause: 1s }, limit: { upload: 2MiB } } }');
  const show = async (...args: readonly string[]): Promise<number> =>
    sysimage(['target', 'show', '--config', config, ...args], [plugin(never)]);
  expect(await show('far')).toBe(0);
  expect(out).toMatch(
    /tries of a call +up to 9, 1\.0 s to 8\.0 s apart\n +limit now +2\.00 MiB\/s to it, none from it/u,
  );
  expect(await show('mem:x')).toBe(0);
  expect(out).toMatch(/tries of a call +up to 6, .*\n +limit now +none to it, none from it/u);
  expect(await show('mem:x', '--limit', '1MiB')).toBe(0);
  expect(out).toMatch(/limit now +1\.00 MiB\/s to it, 1\.00 MiB\/s from it/u);
  expect(await show('far', '--limit', '1MiB', '--limit-upload', '3MiB')).toBe(0);
  expect(out).toMatch(/limit now +3\.00 MiB\/s to it, 1\.00 MiB\/s from it/u);
  expect(await show('far', '--json', '--limit-upload', '1KB')).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    retry: { tries: 9, pause: 1000, longestPause: 8000 },
    limit: { upload: 1000 },
  });
});

describe('what only reads could not write if it tried', () => {
  const from = ['--from', 'mem:x'];
  test.each([
    ['versions', ['versions', ...from]],
    ['verify', ['verify', ...from]],
    ['restore', ['restore', 'latest', ...from, '--disk', 'nowhere.img']],
    ['export', ['export', 'latest', ...from, '--output', 'nowhere.vhd']],
    ['plan', ['plan', '--to', 'mem:x', '--disk', 'disk.img']],
    ['policy check', ['policy', 'check', '--to', 'mem:x', '--disk', 'disk.img']],
  ])('%s', async (_, args) => {
    expect(await sysimage(args, [plugin(never), constant(tokens.engine, rogueEngine())])).toBe(1);
    expect(err).toContain('the target is open for reading only');
  });

  test('a backup may', async () => {
    const backup = ['backup', '--to', 'mem:x', '--disk', disk];
    expect(await sysimage(backup, [plugin(never), constant(tokens.engine, rogueEngine())])).toBe(1);
    expect(err).toContain('it was written');
  });

  /** Writes, whatever it is asked. */
  function rogueEngine(): Engine {
    const write = async ({ facets }: Target): Promise<never> => {
      const file = await facets.random?.open(objectName('rogue'), { create: true, exclusive: true });
      await file?.write(0, new Uint8Array(1));
      throw new Error('it was written');
    };
    return {
      ...createEngine(new Workbench().services),
      catalogs: write,
      computer: write,
      plan: ({ target }) => write(target),
      backup: ({ target }) => write(target),
    };
  }
});
