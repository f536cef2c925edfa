import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createDisks } from '@sysimage/block-device';
import { exitCodes } from '@sysimage/cli';
import { constant, defineTarget, tokens, type Plugin, type Service } from '@sysimage/core';
import { createMemoryTarget, type MemoryTarget } from '@sysimage/target-memory';
import { PassingClock, runHere, ToyDisk } from '../src/index.js';

let folder: string;
let disk: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'command-'));
  disk = join(folder, 'disk.img');
  const toy = new ToyDisk(6 * 1024 * 1024);
  toy.fill(300, 7);
  writeFileSync(disk, toy.bytes);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sysimage(args: readonly string[], services: readonly Service[] = []): Promise<number> {
  const said = await runHere(args, services);
  ({ stdout: out, stderr: err } = said);
  return said.code;
}

const to = (): string => `dir:${join(folder, 'backups')}`;

describe('the main job', () => {
  test('backup, versions, restore; JSON on standard output, words on standard error', async () => {
    expect(await sysimage(['backup', '--disk', disk, '--to', to(), '--computer', 'Desk', '--json'])).toBe(0);
    const events = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events.at(-1)).toMatchObject({
      event: 'result',
      status: 'done',
      exitCode: 0,
      version: { computer: 'Desk' },
    });
    expect(events.map((event) => (event as { event: string }).event)).toEqual(
      expect.arrayContaining(['plan', 'phase', 'progress', 'result']),
    );
    expect(await sysimage(['versions', '--from', to(), '--json'])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      versions: [{ computer: 'Desk', state: 'complete', disks: [{ index: 0 }] }],
    });
    const restored = join(folder, 'restored.img');
    expect(await sysimage(['restore', 'latest', '--from', to(), '--disk', `0=${restored}`])).toBe(0);
    expect(out).toBe('');
    expect(err).toContain('every block checked');
    expect(Buffer.compare(readFileSync(restored), readFileSync(disk))).toBe(0);
    const again = ['restore', 'latest', '--from', to(), '--disk', join(folder, 'again.img'), '--verify'];
    expect(await sysimage(again)).toBe(0);
    expect(err).toContain('read back and compared');
  });

  test('a place that is still to be made is planned for, and not made', async () => {
    const asked = ['--disk', disk, '--to', to()];
    for (const words of [['plan'], ['policy', 'check']]) {
      expect(await sysimage([...words, ...asked])).toBe(0);
      expect(readdirSync(folder)).toEqual(['disk.img']);
    }
    expect(await sysimage(['backup', ...asked])).toBe(0);
  });

  test('--quiet says nothing when nothing is wrong', async () => {
    // The folder and the disk lie on one disk, which is worth saying; a target in memory lies on none.
    const target = createMemoryTarget();
    expect(await sysimage(['backup', '-q', '--disk', disk, '--to', 'mem:x'], [memoryPlugin(target)])).toBe(0);
    expect([out, err]).toEqual(['', '']);
  });
});

describe('any service can be replaced', () => {
  test('the clock', async () => {
    const clock = new PassingClock(() => 0);
    expect(await sysimage(['backup', '--disk', disk, '--to', to(), '--json'], [constant(tokens.clock, clock)])).toBe(0);
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({
      version: {
        id: expect.stringMatching(/^19700101t000000000z-/u) as unknown,
        createdAt: '1970-01-01T00:00:00.000Z',
      },
    });
  });

  test('a target', async () => {
    const target = createMemoryTarget();
    expect(await sysimage(['backup', '--disk', disk, '--to', 'mem:x', '--computer', 'a'], [memoryPlugin(target)])).toBe(
      0,
    );
    expect(target.store.names().some((name) => name.endsWith('image.vhd'))).toBe(true);
    expect(await sysimage(['backup', '--disk', disk, '--to', to()], [memoryPlugin(target)])).toBe(exitCodes.usage);
    expect(readdirSync(folder)).toEqual(['disk.img']);
  });
});

describe('configuration', () => {
  const config = (text: string): string => {
    const path = join(folder, 'config.yaml');
    writeFileSync(path, text);
    return path;
  };

  test('names targets; their flags are shown, the three of Microsoft first', async () => {
    const path = config(
      `targets:\n  shelf: { plugin: dir, path: ${join(folder, 'shelf')} }\n  odd: { plugin: tape }\n`,
    );
    expect(await sysimage(['backup', '--config', path, '--disk', disk, '--to', 'shelf'])).toBe(0);
    expect(await sysimage(['versions', '--config', path, '--from', 'shelf', '--json'])).toBe(0);
    expect((JSON.parse(out) as { versions: unknown[] }).versions).toHaveLength(1);
    expect(await sysimage(['target', 'list', '--config', path])).toBe(0);
    expect(out).toMatch(/shadow copies +single version +dynamic disk/u);
    expect(out).toMatch(/shelf +dir +(?:engine|native) +no/u);
    expect(out).toMatch(/odd +tape .*no plugin brings/u);
    expect(await sysimage(['target', 'show', 'shelf', '--config', path, '--json'])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      capabilities: { singleVersion: false, randomWrite: true },
    });
    expect(await sysimage(['versions', '--config', path, '--from', 'shelv'])).toBe(2);
  });

  test('a plugin from outside, named by its path, takes a backup and gives it back', async () => {
    writeFileSync(join(folder, 'box.mjs'), boxPlugin);
    const path = config(`plugins: [./box.mjs]\ntargets: { box: { plugin: box, folder: ${join(folder, 'box')} } }\n`);
    expect(await sysimage(['backup', '--config', path, '--disk', disk, '--to', 'box'])).toBe(0);
    const restored = join(folder, 'restored.img');
    expect(await sysimage(['restore', 'latest', '--config', path, '--from', 'box', '--disk', restored])).toBe(0);
    expect(Buffer.compare(readFileSync(restored), readFileSync(disk))).toBe(0);
  });

  test.each([
    ['plugins: [./missing.mjs]\n', /there is no plugin at/u],
    ['plugins: ["@nobody/nothing"]\n', /is not installed/u],
    ['plugins: [./empty.mjs]\n', /exports no sysimage plugin/u],
    ['plugins: [./throws.mjs]\n', /cannot be loaded/u],
  ])('a plugin that cannot be had stops the run: %j', async (text, words) => {
    writeFileSync(join(folder, 'empty.mjs'), 'export const nothing = 1;');
    writeFileSync(join(folder, 'throws.mjs'), 'throw new Error("no");');
    expect(await sysimage(['target', 'list', '--config', config(text)])).toBe(2);
    expect(err).toMatch(words);
  });
});

describe('what is wrong gets its exit code, and a word on what to do', () => {
  const cases: readonly (readonly [string, () => readonly string[], number, RegExp])[] = [
    ['unknown option', () => ['backup', '--dsk', disk, '--to', to()], 2, /Did you mean --disk/u],
    ['unknown command', () => ['bakcup'], 2, /Did you mean backup/u],
    ['no command', () => [], 2, /Usage/u],
    ['no target', () => ['versions'], 2, /--from/u],
    ['unknown kind of target', () => ['versions', '--from', 'tape:0'], 2, /dir:/u],
    ['target that is not there', () => ['versions', '--from', to()], 10, /no folder/u],
    ['disk that is not there', () => ['backup', '--disk', `${disk}x`, '--to', to()], 10, /disk\.imgx/u],
    ['bad duration', () => ['backup', '--disk', disk, '--to', to(), '--lock-wait', 'soon'], 2, /30s, 10m or 1h/u],
    ['file that is no disk', () => ['backup', '--disk', text(), '--to', to()], 2, /not the image of a disk/u],
    ['truncated image', () => ['backup', '--disk', truncated(), '--to', to()], 16, /truncated/u],
  ];
  test('no disk, on a machine that runs from none', async () => {
    const disks = { ...createDisks(), list: async () => [] };
    expect(await sysimage(['backup', '--to', to()], [constant(tokens.disks, disks)])).toBe(2);
    expect(err).toMatch(/--disk PATH/u);
  });

  test.each(cases)('%s', async (_name, args, exitCode, words) => {
    expect(await sysimage(args())).toBe(exitCode);
    expect(err).toMatch(words);
    expect(err).not.toContain('    at ');
  });

  test('restore: unknown version, unknown disk, two places, a place that is taken', async () => {
    expect(await sysimage(['backup', '--disk', disk, '--to', to()])).toBe(0);
    const from = ['--from', to()];
    expect(await sysimage(['restore', '2001', ...from, '--disk', join(folder, 'r')])).toBe(10);
    expect(await sysimage(['restore', 'latest', ...from, '--disk', `7=${join(folder, 'r')}`])).toBe(2);
    expect(await sysimage(['restore', 'latest', ...from])).toBe(2);
    expect(
      await sysimage(['restore', 'latest', ...from, '-d', `0=${join(folder, 'r')}`, '-d', `0=${join(folder, 's')}`]),
    ).toBe(2);
    expect(await sysimage(['restore', 'latest', ...from, '--disk', disk])).toBe(2);
    expect(err).toContain('--yes');
    expect(readdirSync(folder).toSorted()).toEqual(['backups', 'disk.img']);
  });

  test('with --json the last line tells what failed', async () => {
    expect(await sysimage(['versions', '--from', to(), '--json'])).toBe(10);
    expect(JSON.parse(out)).toMatchObject({
      event: 'result',
      status: 'failed',
      exitCode: 10,
      error: { code: 'not-found' },
    });
  });

  test('hostile names on a disk cannot move the cursor', async () => {
    const evil = join(folder, 'a\u001b[2Jb.img');
    writeFileSync(evil, readFileSync(disk));
    expect(await sysimage(['disks', '--disk', evil])).toBe(0);
    expect(out).not.toContain('\u001b');
  });

  function text(): string {
    const path = join(folder, 'letter.txt');
    writeFileSync(path, 'Dear Anna, '.repeat(400));
    return path;
  }

  function truncated(): string {
    const path = join(folder, 'short.img');
    writeFileSync(path, readFileSync(disk).subarray(0, 3 * 1024 * 1024));
    return path;
  }
});

function memoryPlugin(target: MemoryTarget<'random' | 'capacity'>): Service {
  const plugin: Plugin = {
    meta: { name: 'memory', version: '1', api: 1 },
    targets: [
      defineTarget({
        kind: 'mem',
        description: 'memory',
        facets: ['random', 'capacity'],
        options: { parse: (input) => input, jsonSchema: () => ({}) },
        fromUrl: (url) => url,
        open: () => {
          const { random, capacity } = target.facets;
          return Promise.resolve({ ...target, facets: { random, capacity } });
        },
      }),
    ],
  };
  return constant(tokens.plugins, [plugin]);
}

/** Whole objects in a folder, with names flattened: what somebody might write in ten minutes. Not for use: nothing is synced. */
const boxPlugin = `
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const enoent = (error) => { if (error.code !== 'ENOENT') throw error; };
const open = async ({ folder }) => {
  await mkdir(folder, { recursive: true });
  const path = (name) => join(folder, name.replaceAll('/', '!'));
  const statOf = async (name) => {
    const found = await stat(path(name)).catch(enoent);
    return found && { name, size: found.size };
  };
  return {
    traits: { identity: folder, location: folder, medium: 'disk', writeOnce: false, singleVersion: false, transport: 'local' },
    facets: {},
    stat: statOf,
    async *list(prefix, { after = '' } = {}) {
      const names = (await readdir(folder)).map((file) => file.replaceAll('!', '/')).sort();
      for (const name of names) {
        if (name > after && (prefix === '' || name.startsWith(prefix + '/'))) yield await statOf(name);
      }
    },
    async *get(name, { start, end }) {
      yield (await readFile(path(name))).subarray(start, end);
    },
    async put(name, size, chunks) {
      const parts = [];
      for await (const chunk of chunks()) parts.push(Buffer.from(chunk));
      await writeFile(path(name) + '.part', Buffer.concat(parts));
      await rename(path(name) + '.part', path(name));
      return { name, size };
    },
    remove: (name) => rm(path(name), { force: true }),
    close: async () => {},
  };
};

export const plugin = {
  meta: { name: 'box', version: '1.0.0', api: 1 },
  targets: [{ kind: 'box', description: 'A box', facets: [], jsonSchema: async () => ({}), open: (place) => open(place.options) }],
};
`;
