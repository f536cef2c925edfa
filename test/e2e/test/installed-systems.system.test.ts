import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  makeBootHive,
  makeDisk,
  makeScratch,
  makeSoftwareHive,
  recoveryText,
  run,
  withVolume,
  type BootDevicePlan,
  type Disk,
} from '@sysimage/fixtures';
import { at, attemptHere, listAt, succeedHere, sysimage } from '../src/index.js';

const mebi = 1024 * 1024;
const diskId = 'AAAAAAAA-0000-4000-8000-000000000001';
const espId = 'AAAAAAAA-0000-4000-8000-000000000002';
const windowsId = 'AAAAAAAA-0000-4000-8000-000000000003';
const esp = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';
const recovery = 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC';

let scratch: Awaited<ReturnType<typeof makeScratch>>;
beforeAll(async () => {
  scratch = await makeScratch();
  await mkdir(scratch.at('target'));
});
afterAll(() => scratch.remove());

/** Puts files onto a volume. */
async function put(disk: Disk, number: number, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  await withVolume(disk, number, async (folder) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  });
}

function boot(...devices: readonly BootDevicePlan[]): Uint8Array {
  return makeBootHive(
    devices.map((device, i) => ({ id: `{11111111-1482-11e2-90a1-00505698000${i}}`, title: 'Windows', device })),
  );
}

const software = (name: string, build: string): Uint8Array =>
  makeSoftwareHive({ ProductName: name, CurrentBuildNumber: build, CurrentVersion: '6.1' });

interface Told {
  readonly systems: readonly unknown[];
  /** Id of the rule and what it is about, of those that speak of systems and boot partitions. */
  readonly findings: readonly string[];
}

async function plan(disk: Disk, ...args: readonly string[]): Promise<Told> {
  const to = ['--to', `dir:${scratch.at('target')}`, '--computer', 'pc', '--json'];
  const { result: said } = await sysimage('plan', '--disk', disk.path, ...to, ...args);
  const rules = ['source/needed-volume-left-out', 'source/other-system', 'source/boot-partition-left-out'];
  return {
    systems: listAt(said, 'plan', 'systems'),
    findings: listAt(said, 'findings')
      .filter((finding) => rules.includes(String(at(finding, 'policy'))))
      .map((finding) => `${String(at(finding, 'policy'))} ${String(at(finding, 'subject'))}`),
  };
}

/** Words of each volume in the column of roles, and the systems that are told of. */
async function rolesOn({ path }: Disk): Promise<{ readonly roles: readonly string[]; readonly systems: string }> {
  const { stdout } = await succeedHere('disks', '--disk', path);
  const [table = '', systems = ''] = stdout.split('\n\n');
  const [heading = '', ...rows] = table.slice(table.indexOf('  #')).split('\n');
  const start = heading.indexOf('role');
  const roles = rows.map((row) => row.slice(start).split('  ')[0]?.trim() ?? '');
  return { roles, systems: systems.trim().replaceAll(path, 'DISK') };
}

const need = (partition: number, role: string, taken = true): object => ({ disk: 0, partition, role, taken });

test('UEFI: a Windows, its ESP and its recovery environment; and what is left out', async () => {
  const disk = await makeDisk(scratch.at('uefi.img'), {
    table: 'gpt',
    size: 128 * mebi,
    id: diskId,
    partitions: [
      { type: 'fat32', size: 40 * mebi, label: 'ESP', tableType: esp, uuid: espId },
      { type: 'ntfs', size: 32 * mebi, label: 'Windows', uuid: windowsId },
      { type: 'ntfs', size: 16 * mebi, label: 'WinRE', tableType: recovery },
      { type: 'ntfs', size: 16 * mebi, label: 'Data' },
    ],
  });
  await put(disk, 1, { 'EFI/Microsoft/Boot/BCD': boot({ scheme: 'gpt', diskId, partitionId: windowsId }) });
  await put(disk, 2, {
    'Windows/System32/config/SOFTWARE': software('Windows 10 Pro', '19045'),
    'Windows/System32/Recovery/ReAgent.xml': recoveryText({ offset: disk.partitions[2]?.offset ?? 0, diskId }),
  });
  await put(disk, 3, { 'Recovery/WindowsRE/Winre.wim': 'x' });
  const told = await plan(disk);
  expect(told.systems).toMatchObject([
    {
      family: 'windows',
      name: 'Windows 10 Pro',
      build: 19_045,
      needs: [need(2, 'boot'), need(1, 'system'), need(3, 'recovery')],
      startKnown: true,
    },
  ]);
  expect(told.findings).toEqual([]);
  const without = await plan(disk, '--include', 'LABEL=Windows');
  expect(without.findings).toEqual([
    'source/needed-volume-left-out disks/0/volumes/0',
    'source/needed-volume-left-out disks/0/volumes/2',
  ]);
  const { stdout } = await sysimage('plan', '--disk', disk.path, '--to', `dir:${scratch.at('target')}`);
  expect(stdout).toContain('Windows 10 Pro 6.1: lies on 0:2, starts from 0:1, recovers from 0:3');
  expect(await rolesOn(disk)).toEqual({
    roles: ['system, ESP, critical', 'boot, critical', 'recovery, critical', ''],
    systems: 'systems\n  Windows 10 Pro 6.1: lies on DISK 2, starts from DISK 1, recovers from DISK 3',
  });
  // A record of it shows the same anywhere, and counts what is in use in units of 64 KiB.
  const record = scratch.at('uefi.json');
  await succeedHere('machine', 'record', record, '--disk', disk.path);
  const shown = async (...words: string[]): Promise<string> =>
    (await succeedHere('disks', ...words)).stdout.replaceAll(/[\d.]+ [KM]iB used/gu, 'some used');
  expect(await shown('--machine', record, '--disk', disk.path)).toBe(await shown('--disk', disk.path));
});

test('BIOS: an earlier Windows whose volume starts both', async () => {
  const disk = await makeDisk(scratch.at('bios.img'), {
    table: 'mbr',
    size: 64 * mebi,
    id: '0x1234abcd',
    partitions: [
      { type: 'ntfs', size: 24 * mebi, label: 'Seven', active: true },
      { type: 'ntfs', size: 24 * mebi, label: 'Ten' },
    ],
  });
  const device = (number: number): BootDevicePlan => ({
    scheme: 'mbr',
    signature: 0x1234abcd,
    start: disk.partitions[number - 1]?.offset ?? 0,
  });
  await put(disk, 1, {
    bootmgr: 'x',
    'Boot/BCD': boot(device(2), device(1)),
    'Windows/System32/config/SOFTWARE': software('Windows 7 Home', '7601'),
  });
  await put(disk, 2, { 'Windows/System32/config/SOFTWARE': software('Windows 10 Pro', '19045') });
  const { systems, findings } = await plan(disk);
  expect(systems).toMatchObject([
    { name: 'Windows 7 Home', needs: [need(1, 'boot'), need(1, 'system')] },
    { name: 'Windows 10 Pro', needs: [need(2, 'boot'), need(1, 'system')] },
  ]);
  expect(findings).toEqual(['source/other-system disks/0/volumes/0']);
  const { stdout } = await succeedHere('disks', '--disk', disk.path, '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    disks: [
      {
        roles: [
          {
            partition: 1,
            roles: [{ role: 'boot', system: 0 }, { role: 'system' }, { role: 'system' }],
            critical: true,
          },
          { partition: 2, roles: [{ role: 'boot', family: 'windows', system: 1 }], critical: true },
        ],
      },
    ],
    systems: [
      { name: 'Windows 7 Home', earlier: true, needs: [{ disk: disk.path, partition: 1 }, {}] },
      { name: 'Windows 10 Pro', earlier: false },
    ],
  });
  expect((await rolesOn(disk)).systems).toContain('Windows 7 Home 6.1 (an earlier Windows): lies on DISK 1');
  const later = await plan(disk, '--exclude', 'LABEL=Seven');
  expect(later.findings).toEqual(['source/needed-volume-left-out disks/0/volumes/0']);
});

test('Linux: root, /boot and ESP', async () => {
  const bootUuid = '0f0f0f0f-0000-4000-8000-00000000b007';
  const disk = await makeDisk(scratch.at('linux.img'), {
    table: 'gpt',
    size: 96 * mebi,
    partitions: [
      { type: 'fat32', size: 40 * mebi, label: 'ESP', tableType: esp },
      { type: 'ext4', size: 16 * mebi, label: 'boot', options: ['-U', bootUuid] },
      { type: 'ext4', size: 32 * mebi, label: 'root' },
    ],
  });
  await put(disk, 3, {
    'usr/lib/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\n',
    'etc/fstab': `LABEL=root / ext4 defaults 0 1\nUUID=${bootUuid} /boot ext4 defaults 0 2\n`,
  });
  const { systems, findings } = await plan(disk, '--exclude', 'LABEL=boot');
  expect(systems).toMatchObject([
    {
      family: 'linux',
      name: 'Debian GNU/Linux 12 (bookworm)',
      needs: [need(3, 'boot'), need(2, 'system', false), need(1, 'system')],
    },
  ]);
  expect(findings).toEqual(['source/needed-volume-left-out disks/0/volumes/1']);
  expect(await rolesOn(disk)).toEqual({
    roles: ['ESP, critical', '/boot, critical', 'root, critical'],
    systems: 'systems\n  Debian GNU/Linux 12 (bookworm): lies on DISK 3, starts from DISK 2, starts from DISK 1',
  });
  const without = [
    '--disk',
    disk.path,
    '--to',
    `dir:${scratch.at('target')}`,
    '--computer',
    'pc',
    '--exclude',
    'LABEL=boot',
  ];
  expect(await attemptHere('backup', ...without)).toMatchObject({
    code: 13,
    stderr: expect.stringContaining('--allow-incomplete'),
  });
  expect(await attemptHere('backup', ...without, '--allow-incomplete')).toMatchObject({ code: 0 });
  // What was installed is part of the version: another system under the same name is noticed.
  const again = (...more: string[]): ReturnType<typeof attemptHere> =>
    attemptHere('plan', ...without, '--allow-incomplete', ...more);
  expect(await again()).toMatchObject({ stdout: expect.not.stringContaining('source/system-changed') });
  await put(disk, 3, { 'usr/lib/os-release': 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\n' });
  expect(await again()).toMatchObject({
    stdout: expect.stringContaining('holds Debian GNU/Linux 12 (bookworm), and the disk holds Debian GNU/Linux 13'),
  });
});

test('Linux: the files of a Debian as its package has them, with their links', async () => {
  const disk = await makeDisk(scratch.at('debian.img'), {
    table: 'mbr',
    size: 48 * mebi,
    partitions: [{ type: 'ext4', size: 40 * mebi, active: true }],
  });
  const copy = 'dpkg-query -L base-files | tar -c --no-recursion -T - | tar -x -C "$1"';
  await withVolume(disk, 1, (folder) => run('sh', '-c', copy, 'sh', folder));
  const release = await readFile('/usr/lib/os-release', 'utf8');
  const [, name] = /^PRETTY_NAME="(.+)"$/mu.exec(release) ?? [];
  expect((await plan(disk)).systems).toMatchObject([
    { family: 'linux', name, needs: [need(1, 'boot')], startKnown: false },
  ]);
  expect((await rolesOn(disk)).roles).toEqual(['root, critical']);
});

test('a system into which nobody can look: what it needs is not known, and not nothing', async () => {
  const disk = await makeDisk(scratch.at('luks.img'), {
    table: 'gpt',
    size: 80 * mebi,
    partitions: [
      { type: 'ext4', size: 16 * mebi, label: 'boot' },
      { type: 'raw', size: 32 * mebi },
      { type: 'ext4', size: 16 * mebi, label: 'data' },
    ],
  });
  const file = await open(disk.path, 'r+');
  await file.write(Buffer.from('LUKS\xba\xbe\0\x01', 'latin1'), 0, 8, disk.partitions[1]?.offset);
  await file.close();
  const unknown = 'source/needed-volume-left-out disks/0/volumes/1';
  expect((await plan(disk)).findings).toEqual([]);
  expect((await plan(disk, '--exclude', 'LABEL=boot')).findings).toEqual([unknown]);
  expect((await plan(disk, '--exclude', '2')).findings).toEqual([]);
  const words = ['--disk', disk.path, '--to', `dir:${scratch.at('target')}`, '--exclude', 'LABEL=boot'];
  expect(await attemptHere('plan', ...words)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('may hold a system (nobody can look into luks)'),
  });
  const { stdout } = await succeedHere('disks', '--disk', disk.path, '--json');
  // Neither that it is critical nor that it is not.
  expect(stdout).not.toContain('"critical"');
  const record = scratch.at('luks.json');
  await succeedHere('machine', 'record', record, '--disk', disk.path);
  expect(await attemptHere('policy', 'check', '--machine', record, ...words)).toMatchObject({
    stdout: expect.stringContaining('may hold a system (nobody can look into luks)'),
  });
});

test('Windows 7 wants NTFS, and says so only when it is asked', async () => {
  const disk = await makeDisk(scratch.at('any.img'), { table: 'mbr', size: 8 * mebi, partitions: [{ type: 'blank' }] });
  const check = ['policy', 'check', '--disk', disk.path, '--to', `dir:${scratch.at('target')}`, '--computer', 'any'];
  expect(await attemptHere(...check)).toMatchObject({
    code: 0,
    stdout: expect.not.stringContaining('target/file-system'),
  });
  expect(await attemptHere(...check, '--profile', 'windows-7')).toMatchObject({
    code: 13,
    stdout: expect.stringContaining('target/file-system'),
  });
});
