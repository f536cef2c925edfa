import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exitCodes } from '@sysimage/cli';
import { constant, tokens } from '@sysimage/core';
import { SMTPServer } from 'smtp-server';
import { at, listAt, PassingClock, runHere, textAt, ToyDisk } from '../src/index.js';

let folder: string;
let out: string;
let err: string;
let clock: PassingClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'notifications-'));
  const toy = new ToyDisk(6 * 1024 * 1024);
  toy.fill(300, 7);
  writeFileSync(join(folder, 'disk.img'), toy.bytes);
  clock = new PassingClock();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sysimage(...args: readonly string[]): Promise<number> {
  const said = await runHere([...args, '--config', join(folder, 'config.yaml')], [constant(tokens.clock, clock)]);
  ({ stdout: out, stderr: err } = said);
  return said.code;
}

const path = (name: string): string => join(folder, name);
const resultOf = (): unknown => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');

function configure(job: object, notifications: object): void {
  const home = { disks: ['disk.img'], to: 'shelf', computer: 'desk', maxAge: '36h', ...job };
  const targets = { shelf: { plugin: 'dir', path: path('backups') } };
  const log = { file: 'log' };
  writeFileSync(path('config.yaml'), JSON.stringify({ targets, jobs: { home }, notifications, log }));
}

/** A real HTTP server on loopback, and what was posted to it. */
async function startHttp(status: number): Promise<AsyncDisposable & { readonly url: string; readonly got: unknown[] }> {
  const got: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      got.push(JSON.parse(body));
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${portOf(server.address())}/hook/SECRET-IN-URL`,
    got,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

/** A real mail server on loopback that knows one password. */
async function startMail(): Promise<AsyncDisposable & { readonly port: number; readonly mails: string[] }> {
  const mails: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth: ({ password = '' }, _session, callback) =>
      password === 'hunter2hunter2' ? callback(null, { user: 'x' }) : callback(new Error(`not ${password}`)),
    onData(stream, _session, callback) {
      let text = '';
      stream.setEncoding('utf8').on('data', (part: string) => (text += part));
      stream.on('end', () => {
        mails.push(text);
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: portOf(server.server.address()),
    mails,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const mail = (port: number, file: string): object => ({
  mail: {
    server: '127.0.0.1',
    port,
    security: 'none',
    user: 'backup',
    password: { file },
    from: 'backup@example.org',
    to: ['anna@example.org'],
  },
});

describe('a failure is told', () => {
  test('by mail, webhook and command, also when other channels fail; the exit code is that of the failure', async () => {
    await using http = await startHttp(204);
    await using refusing = await startHttp(500);
    await using server = await startMail();
    writeFileSync(path('good'), 'hunter2hunter2\n');
    writeFileSync(path('wrong'), 'hunter3hunter3\n');
    configure(
      { disks: ['missing.img'] },
      {
        anna: mail(server.port, 'good'),
        wrong: mail(server.port, 'wrong'),
        web: { webhook: { url: http.url } },
        refusing: { webhook: { url: refusing.url } },
        gone: { webhook: { url: 'http://127.0.0.1:1/SECRET-IN-URL' } },
        unset: { webhook: { url: { env: 'NOT_SET_ANYWHERE' } } },
        own: { run: ['sh', '-c', `cat > ${path('read')}; echo "$SYSIMAGE_EVENT $SYSIMAGE_ERROR" > ${path('told')}`] },
        failing: { run: ['false'] },
        happy: { run: ['touch', path('happy')], on: ['success'] },
      },
    );
    expect(await sysimage('backup', 'home', '--json')).toBe(10);
    const told = out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
      .filter((event) => at(event, 'event') === 'notification')
      .map((event) => [
        textAt(event, 'channel'),
        textAt(event, 'outcome'),
        at(event, 'tries'),
        at(event, 'error', 'code'),
      ]);
    expect(told).toEqual([
      ['anna', 'sent', 1, undefined],
      ['wrong', 'failed', 1, 'credentials'],
      ['web', 'sent', 1, undefined],
      ['refusing', 'failed', 3, 'unavailable'],
      ['gone', 'failed', 3, 'unavailable'],
      ['unset', 'failed', 1, 'credentials'],
      ['own', 'sent', 1, undefined],
      ['failing', 'failed', 3, 'unavailable'],
    ]);
    expect(server.mails).toEqual([expect.stringContaining('Subject: desk: backup home failed')]);
    const notification = {
      format: 'sysimage-notification/1',
      reason: 'failure',
      command: 'backup',
      job: 'home',
      target: 'shelf',
      computer: 'desk',
      exitCode: 10,
      error: { code: 'not-found' },
    };
    expect(http.got).toMatchObject([notification]);
    expect(JSON.parse(readFileSync(path('read'), 'utf8'))).toEqual(http.got[0]);
    expect(readFileSync(path('told'), 'utf8')).toBe('failure not-found\n');
    const said = out + err + readFileSync(path('log'), 'utf8') + JSON.stringify(http.got) + server.mails.join('');
    expect(said).not.toMatch(/hunter|SECRET/u);
  });

  test('not what is done; that is told to those who asked for it', async () => {
    await using http = await startHttp(204);
    configure({}, { web: { webhook: { url: http.url } }, happy: { webhook: { url: http.url }, on: ['success'] } });
    expect(await sysimage('backup', 'home')).toBe(0);
    expect(http.got).toMatchObject([{ reason: 'success', version: expect.stringMatching(/^\d{8}t/u) as unknown }]);
    expect(await sysimage('restore', 'latest', '--from', 'nowhere:', '--disk', 'x')).toBe(2);
    expect(http.got).toHaveLength(1);
  });

  test('with a plugin that cannot be loaded, and a log that cannot be written, too', async () => {
    await using http = await startHttp(204);
    configure({}, { web: { webhook: { url: http.url } } });
    const config: unknown = JSON.parse(readFileSync(path('config.yaml'), 'utf8'));
    writeFileSync(path('config.yaml'), JSON.stringify({ ...Object(config), plugins: ['./missing.mjs'] }));
    expect(await sysimage('backup', 'home')).toBe(exitCodes.usage);
    expect(http.got).toMatchObject([{ reason: 'failure', exitCode: 2 }]);
    configure({}, { web: { webhook: { url: http.url } } });
    expect(await sysimage('backup', 'home', '--log-file', path('missing/log'))).toBe(exitCodes.failed);
    expect(http.got.at(-1)).toMatchObject({ error: { code: 'denied' } });
  });
});

describe('what is overdue', () => {
  const hour = 3_600_000;

  test('young enough, and then not', async () => {
    await using http = await startHttp(204);
    configure({}, { web: { webhook: { url: http.url } } });
    mkdirSync(path('backups'));
    expect(await sysimage('overdue', '--json')).toBe(exitCodes.overdue);
    expect(resultOf()).toMatchObject({ status: 'overdue', late: [{ job: 'home', target: 'shelf', computer: 'desk' }] });
    expect(at(resultOf(), 'late', 0, 'version')).toBe(undefined);
    expect(http.got).toMatchObject([{ reason: 'overdue', exitCode: 17, late: [{ job: 'home', maxAge: 36 * hour }] }]);
    await sysimage('backup', 'home');
    expect(await sysimage('overdue')).toBe(0);
    clock.passed = 35 * hour;
    expect(await sysimage('overdue', 'home')).toBe(0);
    expect(await sysimage('overdue', 'home', '--max-age', '34h')).toBe(exitCodes.overdue);
    clock.passed = 37 * hour;
    expect(await sysimage('overdue')).toBe(exitCodes.overdue);
    expect(err).toMatch(
      /warning: home: the newest good backup of desk on shelf is of .*; it may be 36 h 0 min old at most/u,
    );
    expect(listAt(http.got.at(-1), 'late')).toMatchObject([{ version: expect.any(String) as unknown }]);
    expect(await sysimage('overdue', '--from', 'shelf', '--computer', 'desk', '--max-age', '7d')).toBe(0);
  });

  test('a version of the future, without the disks of the job, or of another computer is none', async () => {
    configure({}, {});
    clock.passed = 3 * hour;
    await sysimage('backup', 'home');
    clock.passed = 0;
    expect(await sysimage('overdue')).toBe(exitCodes.overdue);
    clock.passed = 3 * hour;
    expect(await sysimage('overdue')).toBe(0);
    configure({ disks: ['disk.img', 'other.img'] }, {});
    expect(await sysimage('overdue')).toBe(exitCodes.overdue);
    configure({ computer: 'laptop' }, {});
    expect(await sysimage('overdue')).toBe(exitCodes.overdue);
  });

  test('when nobody can tell, that is told', async () => {
    await using http = await startHttp(204);
    configure({ to: 's3://bucket?endpoint=http://127.0.0.1:1' }, { web: { webhook: { url: http.url } } });
    const code = await sysimage('overdue');
    expect([0, exitCodes.overdue]).not.toContain(code);
    expect(http.got).toMatchObject([
      { reason: 'overdue', late: [{ target: 's3://bucket', unknown: expect.any(String) as unknown }] },
    ]);
    configure({}, {});
    expect(await sysimage('overdue', '--from', 'shelf')).toBe(exitCodes.usage);
    expect(await sysimage('overdue', 'hose')).toBe(exitCodes.usage);
  });
});

test('a test goes through every channel, or those that are named', async () => {
  await using http = await startHttp(204);
  configure({}, { web: { webhook: { url: http.url } }, broken: { run: ['false'], retry: { tries: 1 } } });
  expect(await sysimage('notify', 'web')).toBe(0);
  expect(http.got).toMatchObject([{ reason: 'test', title: expect.stringContaining('a test') as unknown }]);
  expect(await sysimage('notify', '--json')).toBe(1);
  expect(resultOf()).toMatchObject({ status: 'failed', failed: ['broken'] });
  expect(await sysimage('notify', 'brokn')).toBe(exitCodes.usage);
  expect(err).toContain('did you mean "broken"?');
  configure({}, { open: { webhook: { url: 'http://example.org/SECRET' } } });
  expect(await sysimage('config', 'check')).toBe(exitCodes.usage);
  expect(out).toMatch(/notifications\.open\.webhook: anybody on the way to example\.org could read/u);
  expect(out).not.toContain('SECRET');
});
