import { afterAll, expect, test } from '@jest/globals';
import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { makeDisk, makeScratch, noise, sameBytes, withVolume, type Disk } from '@sysimage/fixtures';
import {
  listAt,
  lookAt,
  startSysimage,
  succeed,
  sysimage,
  textAt,
  writeInPlace,
  type Running,
  type TargetState,
} from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const files = [1, 2, 3].map((number) => `big ${number}.bin`);
const disk = await makeDisk(scratch.at('disk.img'), {
  table: 'gpt',
  size: 160 * mebi,
  partitions: [{ type: 'ext4', label: 'data' }],
});
const target = scratch.at('target');
const backUp = ['backup', '--disk', disk.path, '--to', `dir:${target}`, '--computer', 'pc', '--json'] as const;
/** Not so fast that it is over before anybody has looked. */
const backUpSlowly = [...backUp, '--limit-upload', '80MiB'] as const;

async function fill({ path }: Disk, seed: string): Promise<void> {
  await withVolume({ ...disk, path }, 1, async (folder) => {
    for (const name of files) await writeInPlace(`${folder}/${name}`, noise(`${seed} ${name}`, 30 * mebi));
  });
}

/** Stops a backup where it stands, once the target looks as wanted. */
async function stopWhen(backup: Running, come: (now: TargetState) => boolean): Promise<void> {
  let over = false;
  void backup.ended.then(() => (over = true));
  while (!over && !come(lookAt(target, 'pc'))) await setImmediate();
  expect(over).toBe(false);
  process.kill(backup.pid, 'SIGSTOP');
}

test('a second backup to the folder of a computer is told who is there, and the first one completes', async () => {
  await fill(disk, 'first');
  await using first = startSysimage(...backUpSlowly);
  await stopWhen(first, (now) => now.leases > 0);
  const second = await sysimage(...backUp);
  expect(second).toMatchObject({ code: 11, result: { exitCode: 11, error: { code: 'busy' } } });
  expect(second.stderr).toContain(target);
  expect(second.stderr).toContain(`on ${hostname()} (process ${first.pid})`);
  // Another computer has a folder of its own.
  expect(await sysimage('backup', '--disk', disk.path, '--to', `dir:${target}`, '--computer', 'laptop')).toMatchObject({
    code: 0,
  });

  await using third = startSysimage(...backUp, '--lock-wait', '60s');
  process.kill(first.pid, 'SIGCONT');
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(await third.ended).toMatchObject({ code: 0, result: { version: { disks: [{ changedBytes: 0 }] } } });
  const { result } = await succeed('versions', '--from', `dir:${target}`, '--computer', 'pc', '--json');
  expect(listAt(result, 'versions').length).toBe(2);
});

test('the lease of a process that was killed is void at once', async () => {
  await using killed = startSysimage(...backUpSlowly);
  await stopWhen(killed, (now) => now.leases > 0);
  killed.kill();
  await killed.ended;
  expect(lookAt(target, 'pc').leases).toBe(1);
  expect(await sysimage(...backUp)).toMatchObject({ code: 0 });
  expect(lookAt(target, 'pc').leases).toBe(0);
});

test('an older version restores beside a backup that is under way', async () => {
  const { result } = await succeed(...backUp);
  const old = textAt(result, 'version', 'id');
  const copy = scratch.at('old.img');
  const restore = (to: string): readonly string[] => [
    'restore',
    old,
    '--from',
    `dir:${target}`,
    '--computer',
    'pc',
    '--disk',
    to,
  ];
  await succeed(...restore(copy));
  await fill(disk, 'second');
  const before = lookAt(target, 'pc');

  await using backup = startSysimage(...backUpSlowly);
  await stopWhen(backup, (now) => now.layerBytes > before.layerBytes + 40 * mebi);
  await succeed(...restore(`${copy}-stopped`));
  await sameBytes(`${copy}-stopped`, copy);
  // And while it goes on, begun before it does.
  await using reader = startSysimage(...restore(`${copy}-running`));
  process.kill(backup.pid, 'SIGCONT');
  expect(await reader.ended).toMatchObject({ code: 0 });
  await sameBytes(`${copy}-running`, copy);
  expect(await backup.ended).toMatchObject({ code: 0 });

  await succeed(...restore(`${copy}-after`));
  await sameBytes(`${copy}-after`, copy);
  await succeed('restore', 'latest', '--from', `dir:${target}`, '--computer', 'pc', '--disk', `${copy}-new`);
  await expect(sameBytes(`${copy}-new`, copy)).rejects.toThrow(/differ/u);
});
