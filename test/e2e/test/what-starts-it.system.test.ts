import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { constant, tokens, type Service } from '@sysimage/core';
import { makeBootHive, makeDisk, makeScratch, run, withLoop, withVolume } from '@sysimage/fixtures';
import { createMachine } from '@sysimage/node-services';
import { at, listAt, runHere } from '../src/index.js';

const mebi = 1024 * 1024;
const diskId = 'AAAAAAAA-0000-4000-8000-000000000001';
const espId = 'AAAAAAAA-0000-4000-8000-000000000002';
const windowsId = 'AAAAAAAA-0000-4000-8000-000000000003';
const esp = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';
const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** A folder that efibootmgr takes for the variables of a firmware, and a machine that shows them. */
async function makeFirmware(name: string): Promise<{ readonly folder: string; readonly services: readonly Service[] }> {
  const sysRoot = scratch.at(name);
  const folder = join(sysRoot, 'firmware/efi/efivars');
  await mkdir(folder, { recursive: true });
  return { folder, services: [constant(tokens.machine, createMachine({ sysRoot }))] };
}

/** Runs a command line, as a person would, with a firmware in that folder. */
async function inShell(folder: string, command: string): Promise<void> {
  await run('env', `EFIVARFS_PATH=${folder}/`, 'sh', '-c', `set -e; ${command}`);
}

async function variablesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder)).toSorted();
  const values = await Promise.all(names.map((name) => readFile(join(folder, name), 'hex')));
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
}

test('what starts a disk is recorded, and a restore says how a firmware comes to know it again', async () => {
  const disk = await makeDisk(scratch.at('disk.img'), {
    table: 'gpt',
    size: 64 * mebi,
    id: diskId,
    partitions: [
      { type: 'fat32', size: 40 * mebi, label: 'ESP', tableType: esp, uuid: espId },
      { type: 'blank', uuid: windowsId },
    ],
  });
  const id = '{11111111-1482-11e2-90a1-005056980001}';
  const gone = '{11111111-1482-11e2-90a1-005056980002}';
  const system = { scheme: 'gpt', diskId, partitionId: windowsId } as const;
  const manager = { scheme: 'gpt', diskId, partitionId: espId } as const;
  await withVolume(disk, 1, async (folder) => {
    const path = join(folder, 'EFI/Microsoft/Boot/BCD');
    await mkdir(dirname(path), { recursive: true });
    const lost = { scheme: 'mbr', signature: 0x1234abcd, start: mebi } as const;
    const entries = [
      { id, title: 'Windows 10', device: system },
      { id: gone, title: 'Windows 7', device: lost },
    ];
    await writeFile(path, makeBootHive(entries, manager));
  });
  const { folder, services } = await makeFirmware('before');
  const create = (device: string, label: string, loader: string, more = ''): string =>
    `efibootmgr -c -d ${device} -p 1 -L "${label}" -l '${loader}' ${more}`;
  await withLoop(disk.path, {}, (device) =>
    inShell(
      folder,
      [
        create(device, 'Debian', '\\EFI\\debian\\shimx64.efi', "-u 'quiet it'\\''s'"),
        `printf 'WINDOWS\\000\\001' | ${create(device, "Anna's Windows", '\\EFI\\Microsoft\\Boot\\bootmgfw.efi', '-@ -')}`,
      ].join('; '),
    ),
  );
  const target = ['--from', `dir:${scratch.at('target')}`];
  const backUp = ['backup', '--disk', disk.path, '--to', `dir:${scratch.at('target')}`, '--computer', 'pc', '--json'];
  const { code, result } = await runHere(backUp, services);
  const bootConfigurations = [
    {
      disk: 0,
      partition: 1,
      file: 'EFI/Microsoft/Boot/BCD',
      state: 'clean',
      manager,
      first: id,
      shown: [id, gone],
      entries: [
        { id, title: 'Windows 10', program: system, system, folder: '\\Windows' },
        { id: gone, system: { scheme: 'mbr', diskId: '1234abcd', start: mebi } },
      ],
    },
  ];
  const firmwareEntries = [
    { number: 1, title: "Anna's Windows", place: 0, disk: 0, partition: 1, data: '57494e444f57530001' },
    { number: 0, title: 'Debian', place: 1, file: '\\EFI\\debian\\shimx64.efi', active: true, current: false },
  ];
  expect(code).toBe(0);
  expect(at(result, 'version')).toMatchObject({ bootConfigurations, firmwareEntries });

  // The record is what counts, not who took it.
  const { result: listed } = await runHere(['versions', 'latest', ...target, '--json']);
  expect(listAt(listed, 'versions')).toMatchObject([{ bootConfigurations, firmwareEntries }]);
  const { stdout } = await runHere(['versions', 'latest', ...target]);
  expect(stdout).toContain(`
boot configurations
  0:1 EFI/Microsoft/Boot/BCD: lies on 0:1
    Windows 10: starts 0:2, by itself
    Windows 7: starts byte 1048576 of the disk 1234abcd, which is not in this version

entries of the firmware
  Boot0001 Anna's Windows: 0:1 \\EFI\\Microsoft\\Boot\\bootmgfw.efi
  Boot0000 Debian: 0:1 \\EFI\\debian\\shimx64.efi
`);

  const blank = scratch.at('blank.img');
  await writeFile(blank, '');
  await truncate(blank, disk.size);
  const after = await makeFirmware('after');
  // A firmware without anything to start has this at least.
  await writeFile(join(after.folder, 'Timeout-8be4df61-93ca-11d2-aa0d-00e098032b8c'), new Uint8Array(6));
  await withLoop(blank, {}, async (device) => {
    const restore = ['restore', 'latest', ...target, '--disk', device, '--yes'];
    const { stderr } = await runHere(restore, after.services);
    const commands = stderr.split('\n').flatMap((line) => /^warning: .*; this makes it: (.*)$/u.exec(line)?.[1] ?? []);
    expect(commands).toHaveLength(2);
    for (const command of commands) await inShell(after.folder, command);
    // Numbers are given in the order of the commands; what they mean is the same.
    const [debian, windows] = ['Boot0000', 'Boot0001'].map((name) => `${name}-8be4df61-93ca-11d2-aa0d-00e098032b8c`);
    const [made, had] = [await variablesIn(after.folder), await variablesIn(folder)];
    expect([made[debian ?? ''], made[windows ?? '']]).toEqual([had[debian ?? ''], had[windows ?? '']]);
    expect(made).toMatchObject(had);
    expect((await runHere(restore, after.services)).stderr).not.toContain('firmware');
    const bios = constant(tokens.machine, createMachine({ sysRoot: scratch.at('bios') }));
    expect((await runHere(restore, [bios])).stderr).toContain('does not show the entries of its firmware');
  });
  // Whoever restores into a file starts it elsewhere.
  const file = ['restore', 'latest', ...target, '--disk', scratch.at('file.img')];
  expect((await runHere(file, (await makeFirmware('empty')).services)).stderr).not.toContain('firmware');
});
