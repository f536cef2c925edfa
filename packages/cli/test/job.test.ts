import { expect, test } from '@jest/globals';
import { withJob, type GivenBackup } from '../src/config/job.js';
import { loadConfig } from '../src/config/load-config.js';
import { parseDuration } from '../src/duration.js';

const loaded = loadConfig(
  `targets: { shelf: { plugin: dir, path: /b } }
jobs:
  home:
    disks: [/dev/sda, images/b.img]
    to: shelf
    include: ["1"]
    exclude: ["2"]
    computer: desk
    snapshot: freeze
    freezeLimit: 2m
    allowLive: true
    allowIncomplete: true
    gaps: true
    checkImages: true
    evict: false
    maxShadow: 20GiB
    lockWait: 10m
    maxAge: 36h
  rest: { all: true }
`,
  '/etc/sysimage/config.yaml',
);
const defaults: GivenBackup['options'] = {
  json: false,
  quiet: false,
  verbose: false,
  yes: false,
  input: true,
  disk: [],
  all: false,
  include: [],
  exclude: [],
  leaveOut: [],
  snapshot: 'auto',
  freezeLimit: 60_000,
  allowLive: false,
  allowIncomplete: false,
  gaps: false,
  takeOver: false,
  checkImages: false,
  evict: true,
  lockWait: 0,
  stealLease: false,
};
const given = (options: Partial<GivenBackup['options']>): GivenBackup => ({
  options: { ...defaults, ...options },
  isGiven: (name) => Object.hasOwn(options, name),
});

test('a job says everything, and its paths start at the folder of the configuration', () => {
  expect(withJob(loaded, 'home', given({}))).toEqual({
    ...defaults,
    disk: ['/dev/sda', '/etc/sysimage/images/b.img'],
    to: 'shelf',
    include: ['1'],
    exclude: ['2'],
    computer: 'desk',
    snapshot: 'freeze',
    freezeLimit: 120_000,
    allowLive: true,
    allowIncomplete: true,
    gaps: true,
    checkImages: true,
    evict: false,
    maxShadow: 20 * 1024 ** 3,
    lockWait: 600_000,
    watch: { tellsOfFailure: false, maxAgeDays: 1.5 },
  });
});

test('who is told of a failed job, for the rules', () => {
  const told = (notification: string): unknown =>
    withJob(
      loadConfig(
        `{ notifications: { a: { run: [x], ${notification} } }, jobs: { home: { all: true, to: 'dir:/b' } } }`,
        '/c',
      ),
      'home',
      given({}),
    ).watch;
  expect(told('')).toEqual({ tellsOfFailure: true, maxAgeDays: undefined });
  expect(told('on: [success, failure], commands: [backup]')).toMatchObject({ tellsOfFailure: true });
  expect(told('on: [success]')).toMatchObject({ tellsOfFailure: false });
  expect(told('commands: [verify]')).toMatchObject({ tellsOfFailure: false });
  expect(withJob(loaded, undefined, given({ to: 'dir:/x' })).watch).toBeUndefined();
});

test('what the command line says wins, one by one', () => {
  const own = {
    to: 'dir:/x',
    include: ['3'],
    exclude: [],
    leaveOut: [],
    computer: 'other',
    snapshot: 'none',
    freezeLimit: 5,
    allowLive: false,
    allowIncomplete: false,
    gaps: false,
    checkImages: false,
    evict: true,
    maxShadow: 1000,
    lockWait: 5,
  };
  const merged = withJob(loaded, 'home', given(own));
  expect(merged).toMatchObject(own);
  expect(merged.disk).toHaveLength(2);
  for (const [name, value] of Object.entries(own)) {
    expect(withJob(loaded, 'home', given({ [name]: value }))).toEqual({
      ...withJob(loaded, 'home', given({})),
      [name]: value,
    });
  }
});

test('disks are one choice', () => {
  expect(withJob(loaded, 'home', given({ disk: ['/dev/sdc'] }))).toMatchObject({ disk: ['/dev/sdc'], all: false });
  expect(withJob(loaded, 'home', given({ all: true }))).toMatchObject({ disk: [], all: true });
  const rest = { to: 'shelf' };
  expect(withJob(loaded, 'rest', given(rest))).toMatchObject({ disk: [], all: true });
  expect(withJob(loaded, 'rest', given({ ...rest, disk: ['a'] }))).toMatchObject({ disk: ['a'], all: false });
});

test('a job that is not there, and a place that nobody names', () => {
  const refused = (name: string | undefined): unknown => {
    try {
      return withJob(loaded, name, given({}));
    } catch (error) {
      return error;
    }
  };
  expect(refused('hme')).toMatchObject({
    code: 'invalid',
    message: 'there is no job "hme"; did you mean "home"?',
    remedy: 'The jobs are: home, rest',
  });
  expect(refused('constructor')).toMatchObject({ code: 'invalid' });
  expect(refused('rest')).toMatchObject({ code: 'invalid', remedy: expect.stringContaining('--to') });
  expect(refused(undefined)).toMatchObject({ code: 'invalid' });
});

test('durations', () => {
  expect(['30', '1.5s', '2m', '1h', '7ms', '', 'x', '1 h', '-1s'].map(parseDuration)).toEqual([
    30_000,
    1500,
    120_000,
    3_600_000,
    7,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
