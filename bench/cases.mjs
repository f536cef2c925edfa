// What is measured: each job with its command, and what must be there before it and may go after it.
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { changeBenchDisk, windowsVolume } from './disk.mjs';

const command = join(import.meta.dirname, '../packages/cli/bin/sysimage.js');
const chunks = ['--chunker-params', 'fixed,4194304', '--compression', 'none', '--files-cache', 'disabled'];

/**
 * The jobs of one round, in order. `folder`: where everything but the disk goes. Each: `id`; `name`, for people; `command`;
 * `tool`, when another program is needed; `env`; `before` and `after`, not measured; `volume`: the command gets a block device with
 * the NTFS volume in the place of `{volume}`.
 */
export function benchCases({ disk, folder }) {
  const at = (...names) => join(folder, ...names);
  const remove = (...names) => {
    for (const name of names) rmSync(at(name), { recursive: true, force: true });
  };
  const sysimage = (...args) => [process.execPath, command, ...args, '--quiet', '--computer', 'bench'];
  const backup = sysimage('backup', '--disk', disk.path, '--to', `dir:${at('target')}`);
  const borg = (name) => ['borg', 'create', ...chunks, `${at('borg')}::${name}`, disk.path];
  const restic = ['restic', '--repo', at('restic'), '--no-cache', 'backup', '--force', disk.path];
  const borgEnv = { BORG_BASE_DIR: at('borg-home'), BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes' };
  const resticEnv = { RESTIC_PASSWORD: 'bench' };
  const change = (round) => changeBenchDisk(disk, round);
  const usedMebibytes = Math.round((statSync(disk.path).blocks * 512) / 1024 ** 2);
  return [
    { id: 'read', name: 'read the disk (cat)', command: ['sh', '-c', 'cat "$1" >/dev/null', 'sh', disk.path] },
    {
      id: 'write',
      name: 'write as much as is in use (dd, zeros, nothing read)',
      command: ['dd', 'if=/dev/zero', `of=${at('zeros')}`, 'bs=1M', `count=${usedMebibytes}`, 'status=none'],
      after: () => remove('zeros'),
    },
    {
      id: 'copy',
      name: 'cp --sparse=always',
      command: ['cp', '--sparse=always', disk.path, at('copy.img')],
      after: () => remove('copy.img'),
    },
    {
      id: 'qemu',
      name: 'qemu-img convert -W -m 8 -O vpc (no checksum)',
      tool: 'qemu-img',
      command: ['qemu-img', 'convert', '-W', '-m', '8', '-O', 'vpc', disk.path, at('qemu.vhd')],
    },
    {
      id: 'qemu-back',
      name: 'qemu-img convert, back (no check)',
      tool: 'qemu-img',
      command: ['qemu-img', 'convert', '-W', '-m', '8', '-f', 'vpc', '-O', 'raw', at('qemu.vhd'), at('copy.img')],
      after: () => remove('qemu.vhd', 'copy.img'),
    },
    {
      id: 'ntfsclone',
      name: 'ntfsclone --save-image (volume only, no checksum)',
      tool: 'ntfsclone',
      volume: windowsVolume(disk),
      command: ['ntfsclone', '--quiet', '--save-image', '--output', at('ntfs.img'), '{volume}'],
      after: () => remove('ntfs.img'),
    },
    {
      id: 'partclone',
      name: 'partclone.ntfs (volume only, CRC32)',
      tool: 'partclone.ntfs',
      volume: windowsVolume(disk),
      command: ['partclone.ntfs', '-c', '-q', '-L', at('partclone.log'), '-s', '{volume}', '-o', at('ntfs.img')],
      after: () => remove('ntfs.img', 'partclone.log'),
    },
    {
      id: 'borg',
      name: 'borg create, first',
      tool: 'borg',
      env: borgEnv,
      before: (_, prepare) => prepare(['borg', 'init', '--encryption', 'none', at('borg')], borgEnv),
      command: borg('first'),
    },
    { id: 'borg-same', name: 'borg create, unchanged', tool: 'borg', env: borgEnv, command: borg('second') },
    {
      id: 'borg-changed',
      name: 'borg create, 1 % changed',
      tool: 'borg',
      env: borgEnv,
      before: (round) => change(2 * round),
      command: borg('third'),
      after: () => remove('borg', 'borg-home'),
    },
    {
      id: 'restic',
      name: 'restic backup, first',
      tool: 'restic',
      env: resticEnv,
      before: (_, prepare) => prepare(['restic', '--repo', at('restic'), 'init'], resticEnv),
      command: restic,
    },
    {
      id: 'restic-same',
      name: 'restic backup, unchanged',
      tool: 'restic',
      env: resticEnv,
      command: restic,
      after: () => remove('restic'),
    },
    {
      id: 'first',
      name: '**sysimage backup, first**',
      before: () => existsSync(at('target')) || mkdirSync(at('target')),
      command: backup,
    },
    { id: 'same', name: '**sysimage backup, unchanged**', command: backup },
    {
      id: 'changed',
      name: '**sysimage backup, 1 % changed**',
      before: (round) => change(2 * round + 1),
      command: backup,
    },
    {
      id: 'restore',
      name: '**sysimage restore**, every block checked',
      command: sysimage('restore', 'latest', '--from', `dir:${at('target')}`, '--disk', at('copy.img')),
      after: () => remove('copy.img'),
    },
    {
      id: 'export',
      name: '**sysimage export** as VHD',
      command: sysimage('export', 'latest', '--from', `dir:${at('target')}`, '--output', at('copy.vhd')),
      after: () => remove('copy.vhd'),
    },
    {
      id: 'verify',
      name: '**sysimage verify**, both versions',
      command: sysimage('verify', '--from', `dir:${at('target')}`),
      after: () => remove('target'),
    },
  ];
}
