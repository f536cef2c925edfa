import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exitCodes } from '@sysimage/cli';
import { runEventSchemas } from '@sysimage/cli/events';
import { at, listAt, runHere, startSysimage, textAt, ToyDisk } from '../src/index.js';

let folder: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hooks-'));
  const toy = new ToyDisk(6 * 1024 * 1024);
  toy.fill(300, 7);
  writeFileSync(join(folder, 'disk.img'), toy.bytes);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sysimage(...args: readonly string[]): Promise<number> {
  const said = await runHere([...args, '--config', join(folder, 'config.yaml')]);
  ({ stdout: out, stderr: err } = said);
  return said.code;
}

const path = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(path(name), 'utf8');
const linesOf = (text: string): readonly unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

/** A job "home" with more, and whatever else the configuration holds. */
function configure(job: object = {}, more: object = {}): void {
  const home = { disks: ['disk.img'], to: 'shelf', computer: 'desk', ...job };
  const targets = { shelf: { plugin: 'dir', path: path('backups') } };
  writeFileSync(path('config.yaml'), JSON.stringify({ targets, jobs: { home }, ...more }));
}

/** A hook that adds a line to a file. */
const note = (line: string, more: object = {}): object => ({
  run: ['sh', '-c', `echo "${line}" >> ${path('notes')}`],
  ...more,
});

function checkEvents(events: readonly unknown[]): void {
  for (const event of events) {
    const name = textAt(event, 'event');
    const schema = Object.entries(runEventSchemas).find(([key]) => key === name)?.[1];
    expect([name, schema?.safeParse(event).error?.message]).toEqual([name, undefined]);
  }
}

describe('events', () => {
  test('every run begins and ends, and everything between is as the schemas say', async () => {
    configure();
    const runs: readonly (readonly string[])[] = [
      ['backup', 'home'],
      ['restore', 'latest', '--from', 'shelf', '--disk', path('restored.img')],
      ['verify', '--from', 'shelf'],
      ['export', 'latest', '--from', 'shelf', '-o', path('exported.vhd')],
      ['delete', 'latest', '--from', 'shelf', '--yes'],
      ['overdue', '--from', 'shelf', '--max-age', '1h'],
    ];
    for (const run of runs) {
      await sysimage(...run, '--json', '--log-file', path('log'));
      const events = linesOf(out);
      checkEvents(events);
      expect(events[0]).toMatchObject({ event: 'begin', command: run[0], target: 'shelf' });
      expect(events).toContainEqual(expect.objectContaining({ event: 'opened', location: path('backups') }));
      expect(events.at(-1)).toMatchObject({ event: 'result', command: run[0] });
    }
    const lines = linesOf(read('log'));
    expect(lines.filter((line) => at(line, 'event') === 'begin')).toHaveLength(runs.length);
    expect(lines[0]).toMatchObject({
      job: 'home',
      computer: 'desk',
      process: process.pid,
      time: expect.any(String) as unknown,
    });
    checkEvents(lines.map(withoutStamp));
    expect(statSync(path('log')).mode & 0o777).toBe(0o600);
  });

  test('a run that fails says with which code, and where; secrets never get into the log', async () => {
    process.env['SOME_PASSWORD'] = 'hunter2hunter2';
    try {
      configure({ disks: ['hunter2hunter2.img'] }, { log: { file: 'log' } });
      expect(await sysimage('backup', 'home', '--json')).toBe(10);
      const events = linesOf(out);
      checkEvents(events);
      expect(events.at(-1)).toMatchObject({
        status: 'failed',
        exitCode: 10,
        error: { code: 'not-found' },
        job: 'home',
      });
      const [line] = linesOf(read('log')).slice(-1);
      expect(line).toMatchObject({ event: 'result', exitCode: 10, error: { code: 'not-found' } });
      expect(read('log')).toContain('***');
      expect(out + err + read('log')).not.toContain('hunter2');
      configure({ to: 'smb://anna:hunter3hunter3@127.0.0.1:1/x?password=y' }, { log: { file: 'log' } });
      await sysimage('backup', 'home');
      expect(read('log')).not.toContain('hunter3');
    } finally {
      delete process.env['SOME_PASSWORD'];
    }
  });

  test('a log that is full becomes the older one, and a place that cannot be written is told before anything is done', async () => {
    configure({}, { log: { file: 'log', size: '4KiB' } });
    for (let i = 0; i < 4; i += 1) await sysimage('backup', 'home');
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith('log'))
        .toSorted(),
    ).toEqual(['log', 'log.1']);
    expect(statSync(path('log.1')).size).toBeLessThan(64 * 1024);
    for (const name of ['log', 'log.1']) expect(() => linesOf(read(name))).not.toThrow();
    expect(await sysimage('backup', 'home', '--log-file', '/dev/null')).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    configure();
    expect(await sysimage('backup', 'home', '--log-file', join(folder, 'missing/log'))).toBe(1);
    expect(err).toContain('cannot be written');
    expect(await sysimage('versions', '--from', 'shelf', '--log-file', path('untold'))).toBe(0);
    expect(existsSync(path('untold'))).toBe(false);
  });
});

/** Without what the log adds to each event; `begin` has a time of its own. */
function withoutStamp(line: unknown): unknown {
  const stamps = at(line, 'event') === 'begin' ? ['process'] : ['process', 'time'];
  return Object.fromEntries(Object.entries(line ?? {}).filter(([key]) => !stamps.includes(key)));
}

describe('hooks', () => {
  test('around a run: those of everything outside, those of the job inside, with what is known', async () => {
    process.env['SOME_PASSWORD'] = 'hunter2hunter2';
    process.env['FOR_HOOKS'] = 'passed on';
    const variables = '$SYSIMAGE_EVENT $SYSIMAGE_COMMAND $SYSIMAGE_JOB $SYSIMAGE_TARGET $SYSIMAGE_COMPUTER';
    const ended = '$SYSIMAGE_STATUS $SYSIMAGE_EXIT_CODE ${SYSIMAGE_ERROR:-none} ${SYSIMAGE_VERSION:+version}';
    configure(
      { hooks: { before: [note(`2 ${variables}`)], after: [note(`3 ${variables} ${ended}`)] } },
      {
        hooks: {
          before: [
            note('1 $FOR_HOOKS<$SOME_PASSWORD>', { environment: ['FOR_HOOKS'] }),
            note('never', { commands: ['verify'] }),
          ],
          after: [note('4', { when: 'success' }), note('never', { when: 'failure' })],
        },
      },
    );
    expect(await sysimage('backup', 'home')).toBe(0);
    delete process.env['SOME_PASSWORD'];
    delete process.env['FOR_HOOKS'];
    expect(read('notes')).toBe(
      '1 passed on<>\n2 before backup home shelf desk\n3 after backup home shelf desk done 0 none version\n4\n',
    );
  });

  test('an essential one that fails stops the run before anything is opened; what comes after still comes', async () => {
    configure({
      hooks: {
        before: [{ run: ['sh', '-c', 'echo no room >&2; exit 9'] }, note('never')],
        after: [note('$SYSIMAGE_STATUS $SYSIMAGE_EXIT_CODE $SYSIMAGE_ERROR', { when: 'failure' })],
      },
    });
    expect(await sysimage('backup', 'home', '--json')).toBe(exitCodes.blocked);
    expect(err).toContain('the before hook sh failed with exit code 9: no room; nothing was done');
    expect(existsSync(path('backups'))).toBe(false);
    expect(read('notes')).toBe('failed 13 policy\n');
    expect(linesOf(out)).toContainEqual(expect.objectContaining({ event: 'hook', outcome: 'failed', exitCode: 9 }));
  });

  test('an optional one that fails is a warning; an essential one afterwards makes the run fail', async () => {
    configure({ hooks: { before: [{ run: ['/no/such/program'], mode: 'optional' }] } });
    expect(await sysimage('backup', 'home')).toBe(0);
    expect(err).toContain('warning: the before hook /no/such/program could not be started');
    configure({ hooks: { after: [{ run: ['false'] }, note('after all the same')] } });
    expect(await sysimage('backup', 'home', '--json')).toBe(1);
    expect(linesOf(out).at(-1)).toMatchObject({ status: 'failed', exitCode: 1, version: { computer: 'desk' } });
    expect(read('notes')).toBe('after all the same\n');
  });

  test('one that takes too long is stopped', async () => {
    configure({ hooks: { before: [{ run: ['sleep', '60'], timeout: '200ms' }] } });
    expect(await sysimage('backup', 'home')).toBe(exitCodes.blocked);
    expect(err).toContain('took too long');
  });

  test('a job that is not there runs none', async () => {
    configure({}, { hooks: { before: [note('never')] } });
    expect(await sysimage('backup', 'hose')).toBe(exitCodes.usage);
    expect(existsSync(path('notes'))).toBe(false);
  });

  test('Ctrl-C stops what comes before, and what comes after still comes', async () => {
    configure({
      hooks: {
        before: [{ run: ['sh', '-c', `echo $$ > ${path('started')}; sleep 60`] }],
        after: [note('$SYSIMAGE_EXIT_CODE $SYSIMAGE_ERROR')],
      },
    });
    await using running = startSysimage('backup', 'home', '--config', path('config.yaml'), '--json');
    while (!existsSync(path('started'))) await new Promise((resolve) => setImmediate(resolve));
    process.kill(running.pid, 'SIGINT');
    const { code, events } = await running.ended;
    expect(code).toBe(exitCodes.interrupted);
    expect(events.at(-1)).toMatchObject({ event: 'result', exitCode: 130, error: { code: 'cancelled' } });
    expect(read('notes')).toBe('130 cancelled\n');
    expect(listAt(events).filter((event) => at(event, 'event') === 'hook')).toHaveLength(2);
  });
});
