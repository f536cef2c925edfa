import { afterAll, expect, test } from '@jest/globals';
import { access, readFile, writeFile } from 'node:fs/promises';
import { makeScratch } from '@sysimage/fixtures';
import { plugin } from '@sysimage/policies-recommended';
import { at, attemptHere, listAt } from '../src/index.js';

const scratch = await makeScratch();
afterAll(() => scratch.remove());

const device = (name: string, number: string, size: number, more: object = {}): object => {
  const { attributes = {}, ...rest }: { attributes?: object } = more;
  const facts = { dev: `${number}\n`, size: `${size}\n`, removable: '0\n', ...attributes };
  return { name, attributes: facts, partitions: [], slaves: [], holders: [], ...rest };
};
const partition = (name: string, disk: string, number: string, start: number, more: object = {}): object =>
  device(name, number, 2 ** 20, {
    disk,
    attributes: { partition: `${name.slice(-1)}\n`, start: `${start}\n` },
    ...more,
  });

/** /boot and LVM on one disk, with the root in it; another disk of the same model for backups. */
const machine = {
  format: 'sysimage-machine/1',
  system: 'linux',
  recordedAt: '2026-03-01T12:00:00.000Z',
  blockDevices: [
    device('sda', '8:0', 2 ** 22, { partitions: ['sda1', 'sda2'], attributes: { 'device/model': 'One model\n' } }),
    partition('sda1', 'sda', '8:1', 2048),
    partition('sda2', 'sda', '8:2', 2 ** 21, { holders: ['dm-0'] }),
    device('dm-0', '253:0', 2 ** 20, {
      slaves: ['sda2'],
      attributes: { 'dm/name': 'vg-root\n', 'dm/uuid': 'LVM-x\n' },
    }),
    device('sdb', '8:16', 2 ** 22, { partitions: ['sdb1'], attributes: { 'device/model': 'One model\n' } }),
    partition('sdb1', 'sdb', '8:17', 2048),
  ],
  mountinfo: [
    '20 1 253:0 / / rw - ext4 /dev/mapper/vg-root rw',
    '21 20 8:1 / /boot ro - ext4 /dev/sda1 ro',
    '22 20 8:17 / /srv/recorded-backups rw - ext4 /dev/sdb1 rw',
    '24 20 0:41 / /run rw - tmpfs tmpfs rw',
    '23 20 0:40 / /srv/nas rw - nfs4 nas:/backups rw',
  ],
  btrfs: [],
  dynamicDisks: {},
};
const record = scratch.at('machine.json');
await writeFile(record, JSON.stringify(machine));
const config = scratch.at('config.yaml');
await writeFile(
  config,
  `
targets:
  shelf: { plugin: dir, path: /srv/recorded-backups/pc }
  nas: { plugin: dir, path: /srv/nas/pc }
  cloud: { plugin: s3, bucket: b, region: r }
jobs:
  home: { disks: [/dev/sda], to: shelf }
`,
);

async function check(...args: readonly string[]): Promise<{ readonly code: number; readonly outcomes: object }> {
  const asked = ['--config', config, '--json', '--show-passed', '--machine', record, ...args];
  const { code, stdout, stderr } = await attemptHere('policy', 'check', ...asked);
  if (stdout === '') throw new Error(stderr);
  const findings = listAt(JSON.parse(stdout), 'findings');
  return { code, outcomes: Object.fromEntries(findings.map((each) => [at(each, 'policy'), at(each, 'outcome')])) };
}

test('the rules are asked of a recorded machine, as far as it is recorded', async () => {
  const asked = {
    // What snapshots there would be was not recorded.
    'source/live-volume': 'unknown',
    'target/same-physical-disk': 'pass',
    'target/dynamic-disk': 'unknown',
    'target/in-memory': 'pass',
    'target/system-volume': 'pass',
    'target/network-mount': 'pass',
    'job/no-age-limit': 'violation',
    'job/nobody-is-told': 'violation',
    'policy/suppression-expired': 'pass',
    'policy/suppression-unused': 'pass',
  };
  const notAsked = (plugin.policies ?? []).filter(({ meta }) => meta.needs?.length !== 0 && meta.severity !== 'off');
  expect(notAsked.length).toBeGreaterThan(15);
  const unknown = Object.fromEntries(notAsked.map(({ meta }) => [meta.id, 'unknown']));
  expect(await check('home')).toEqual({ code: 0, outcomes: { ...asked, ...unknown } });
  const anyhow = await check('home', '--snapshot', 'none');
  expect(anyhow).toMatchObject({ code: 13, outcomes: { 'source/live-volume': 'violation' } });
  expect(await check('home', '--exclude', '2')).toMatchObject({ code: 0, outcomes: { 'source/live-volume': 'pass' } });
  // The root is on the same disk, though in a volume that is not taken.
  const inRoot = ['home', '--exclude', '2', '--to', 'dir:/var/backups'];
  const sameDisk = { 'target/same-physical-disk': 'violation', 'target/system-volume': 'violation' };
  expect(await check(...inRoot)).toMatchObject({ code: 0, outcomes: sameDisk });
  expect(await check(...inRoot, '--fail-on', 'error')).toMatchObject({ code: 13, outcomes: sameDisk });
  for (const target of ['nas', 'cloud', 's3://bucket/x']) {
    const { outcomes } = await check('home', '--allow-live', '--to', target);
    expect(outcomes).toMatchObject({ 'target/same-physical-disk': 'unknown' });
  }
});

test('without a disk, what the machine runs from is meant', async () => {
  const own = await check('--to', 'shelf');
  // The root is mounted for writing.
  expect(own).toMatchObject({ code: 0, outcomes: { 'source/live-volume': 'unknown' } });
  const inside = ['policy', 'check', '--machine', record, '--config', config, '--to', 'dir:/var/x', '--allow-live'];
  expect(await attemptHere(...inside)).toMatchObject({
    code: 13,
    stderr: expect.stringContaining('lies in partition 2 of /dev/sda'),
  });
  const noRoot = scratch.at('no-root.json');
  await writeFile(noRoot, JSON.stringify({ ...machine, mountinfo: machine.mountinfo.slice(1) }));
  expect(await attemptHere('policy', 'check', '--machine', noRoot, '--to', 'dir:/x')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/which disks .*\n.*--disk PATH/u),
  });
  const boot = await check('--to', 'shelf', '--include', '1');
  expect(boot).toMatchObject({ code: 0, outcomes: { 'source/live-volume': 'pass' } });
});

test('what lies below the target is judged', async () => {
  const dynamic = scratch.at('dynamic.json');
  await writeFile(dynamic, JSON.stringify({ ...machine, dynamicDisks: { sda: 'no', sdb: 'yes' } }));
  const toShelf = ['home', '--allow-live', '--machine', dynamic];
  expect(await check(...toShelf)).toMatchObject({ outcomes: { 'target/dynamic-disk': 'violation' } });
  const onServer = ['home', '--allow-live', '--to', 'nas'];
  expect(await check(...onServer)).toMatchObject({ outcomes: { 'target/network-mount': 'violation' } });
  const inMemory = ['home', '--allow-live', '--to', 'dir:/run/backups'];
  expect(await check(...inMemory)).toMatchObject({ outcomes: { 'target/in-memory': 'violation' } });
});

test('a target inside of what is taken, and a disk that was not recorded, are refused', async () => {
  const inside = await attemptHere(
    'policy',
    'check',
    'home',
    '--machine',
    record,
    '--config',
    config,
    '--to',
    'dir:/var/x',
  );
  expect(inside).toMatchObject({ code: 13, stderr: expect.stringContaining('lies in partition 2 of /dev/sda') });
  const other = ['--disk', '/dev/sdq', '--to', 'shelf'];
  const missing = await attemptHere('policy', 'check', '--machine', record, '--config', config, ...other);
  expect(missing).toMatchObject({ code: 10, stderr: expect.stringContaining('/dev/sda, /dev/sdb') });
});

test('nothing is touched', async () => {
  const target = scratch.at('never', 'made');
  await check('home', '--to', `dir:${target}`, '--exclude', '2');
  await expect(access(scratch.at('never'))).rejects.toThrow(/ENOENT/u);
});

test('a recorded machine is shown', async () => {
  const { code, stdout } = await attemptHere('disks', '--machine', record);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('└ lvm') });
  expect(stdout.split('\n').filter((line) => line.startsWith('/dev/'))).toEqual([
    '/dev/sda  2.00 GiB  One model',
    '/dev/sdb  2.00 GiB  One model',
  ]);
  expect(stdout).toMatch(/^ {2}2 .* root, critical$/mu);
  const unread = { partition: 1, roles: [], unknown: 'what lies on the disks was not recorded' };
  const one = await attemptHere('disks', '--machine', record, '--disk', '/dev/sdb', '--json');
  expect(JSON.parse(one.stdout)).toMatchObject({
    disks: [{ path: '/dev/sdb', volumes: [{ fileSystem: 'ext4' }], roles: [unread] }],
  });
  expect(await attemptHere('disks', '--machine', record, '--disk', '/dev/sdq')).toMatchObject({ code: 10 });
});

test('what is no record is refused, and says why', async () => {
  await writeFile(scratch.at('other.json'), JSON.stringify({ ...machine, format: 'sysimage-machine/9' }));
  for (const [path, code, says] of [
    [scratch.at('other.json'), 2, 'its format is not sysimage-machine/1'],
    [scratch.at('missing.json'), 10, 'missing.json cannot be read'],
    [scratch.path, 2, 'no file'],
    [config, 2, 'it is not JSON'],
  ] as const) {
    const said = await attemptHere('disks', '--machine', path);
    expect([said.code, said.stdout, said.stderr]).toEqual([code, '', expect.stringContaining(says)]);
  }
});

test('this machine is written down, and read again', async () => {
  const path = scratch.at('this.json');
  expect(await attemptHere('machine', 'record', path, '--computer', 'A name')).toMatchObject({ code: 0, stdout: '' });
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ format: 'sysimage-machine/1', hostName: 'A name' });
  const paths = async (...more: readonly string[]): Promise<readonly unknown[]> => {
    const { code, stdout } = await attemptHere('disks', '--json', ...more);
    expect(code).toBe(0);
    const all = listAt(JSON.parse(stdout), 'disks').map((disk) => at(disk, 'path'));
    // Other tests take loop devices and give them back.
    return all.filter((disk) => !String(disk).startsWith('/dev/loop'));
  };
  expect(await paths('--machine', path)).toEqual(await paths());
  const { stdout } = await attemptHere('machine', 'record');
  expect(JSON.parse(stdout)).toMatchObject({ format: 'sysimage-machine/1' });
  expect(await attemptHere('machine', 'record', scratch.at('no', 'such'))).toMatchObject({ code: 1 });
});
