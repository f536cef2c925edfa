import { expect, test } from '@jest/globals';
import type { LeaseHolder } from '@sysimage/core/plugin';
import type { Machine } from '@sysimage/core';
import { openSnapshot, ownTag, removeSnapshot, removeStale } from '../src/lvm-snapshots.js';
import type { Answer, Ask } from '../src/programs.js';

const fine: Answer = { exitCode: 0, output: '', complaint: '' };
const failed = (complaint: string): Answer => ({ exitCode: 5, output: '', complaint });

/** A machine that runs since this boot; `fate`: of all processes of it. */
function machineOf(machine: string | undefined, boot: string, fate: 'gone' | 'alive' = 'gone') {
  const own: LeaseHolder = { token: 't', program: 'p', host: 'h', boot, process: 7, ...(machine && { machine }) };
  return {
    holder: () => Promise.resolve(own),
    fateOf: (holder: LeaseHolder) =>
      Promise.resolve(holder.boot === boot && holder.machine === machine ? fate : 'unknown'),
  } satisfies Pick<Machine, 'holder' | 'fateOf'>;
}

/** An LVM with snapshots of these machines; what is removed comes into `removed`. */
async function lvmWith(machines: readonly Pick<Machine, 'holder'>[], removed: string[]): Promise<Ask> {
  const volumes = await Promise.all(
    machines.map(async (machine, index) => ({
      vg_name: 'office',
      lv_name: `sysimage-${index}`,
      vg_uuid: '',
      lv_uuid: '',
      lv_size: '1',
      vg_free: '1',
      vg_extent_size: '1',
      lv_tags: await ownTag(machine),
      pool_lv: '',
      data_percent: '',
    })),
  );
  return ([, command, ...words]) => {
    if (command === 'lvremove') removed.push(words.at(-1) ?? '');
    return Promise.resolve({ ...fine, output: JSON.stringify({ report: [{ lv: volumes }] }) });
  };
}

test('of machines with an id, what runs of earlier boots left is removed, and nothing of others', async () => {
  const removed: string[] = [];
  const ask = await lvmWith([machineOf('a', 'before'), machineOf('a', 'now'), machineOf('b', 'before')], removed);
  await removeStale(ask, machineOf('a', 'now', 'alive'));
  expect(removed).toEqual(['office/sysimage-0']);
});

test('where a machine has no id, what may be of another one stays, and is told', async () => {
  for (const [theirs, ours] of [
    [undefined, undefined],
    ['a', undefined],
    [undefined, 'a'],
  ]) {
    const removed: string[] = [];
    const ask = await lvmWith([machineOf(theirs, 'theirs'), machineOf(ours, 'now')], removed);
    await expect(removeStale(ask, machineOf(ours, 'now'))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('office/sysimage-0 may be left'),
      remedy: expect.stringContaining('lvremove --yes office/sysimage-0'),
    });
    // The kernel of this boot knows that its process is gone.
    expect(removed).toEqual(['office/sysimage-1']);
  }
});

test('what cannot be removed is told with the command', async () => {
  const lvm = await lvmWith([machineOf('a', 'now')], []);
  const ask: Ask = (words) => (words.includes('lvremove') ? Promise.resolve(failed('in use')) : lvm(words));
  await expect(removeSnapshot(ask, 'office/sysimage-0')).rejects.toMatchObject({
    code: 'busy',
    message: 'the snapshot office/sysimage-0 cannot be removed: in use',
    remedy: 'Remove it: lvremove --yes office/sysimage-0',
  });
});

test.each([
  ['is full', { ...fine, output: '0 16 snapshot Invalid' }, { code: 'busy', message: expect.stringContaining('room') }],
  [
    'cannot be asked',
    failed('No such device'),
    { code: 'busy', message: expect.stringMatching(/EIO.*No such device/u) },
  ],
  ['is well', { ...fine, output: '0 16 snapshot 8/4096 8' }, { message: 'EIO' }],
])('a read of a snapshot that %s fails accordingly', async (_how, status, told) => {
  const source = {
    path: '/dev/mapper/x',
    kind: 'device' as const,
    size: 16,
    sectorSize: 512,
    mounts: [],
    read: () => Promise.reject(new Error('EIO')),
    close: () => Promise.resolve(),
  };
  const origin = {
    disk: '/dev/sda',
    name: 'office/data',
    mapped: 'office-data',
    group: 'office',
    thin: false,
    places: [{ at: 0, length: 16, start: 0 }],
    fileSystem: 'file-system:1:1',
    room: 1,
  };
  const { pieces } = await openSnapshot(origin, 'sysimage-0', {
    ask: () => Promise.resolve(status),
    disks: { openSource: () => Promise.resolve(source) },
  });
  await expect(pieces[0]?.read(0, new Uint8Array(16))).rejects.toMatchObject(told);
});
