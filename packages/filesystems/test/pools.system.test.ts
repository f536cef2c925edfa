import { afterAll, expect, test } from '@jest/globals';
import { Machine, mebibyte, readImage, run } from './machine.js';

const machine = new Machine();
afterAll(() => machine[Symbol.dispose]());

/** Two images, as devices while `use` goes on. */
function onLoops(use: (devices: readonly string[]) => void): readonly string[] {
  const images = [machine.image(120 * mebibyte), machine.image(120 * mebibyte)];
  const devices = images.map((image) => run('losetup', '-f', '--show', image).trim());
  try {
    use(devices);
  } finally {
    for (const device of devices) run('losetup', '-d', device);
  }
  return images;
}

test('a group of LVM tells on each of its volumes how many there are, however often it was changed', async () => {
  let id = '';
  const images = onLoops((devices) => {
    const only = `devices { filter=[${devices.map((device) => `"a|${device}|"`).join(',')},"r|.*|"] }`;
    const lvm = (command: string, ...more: string[]): string =>
      run(command, '--driverloaded', 'n', '--config', `${only} backup { backup=0 archive=0 }`, ...more);
    for (const device of devices) run('pvcreate', '-q', '--config', only, device);
    lvm('vgcreate', 'sysimage-pool', ...devices);
    for (let count = 0; count < 5; count += 1) lvm('vgchange', '--addtag', `tag${count}`, 'sysimage-pool');
    id = lvm('vgs', '--noheadings', '-o', 'vg_uuid').trim();
  });
  for (const image of images) expect(await readImage(image)).toMatchObject({ type: 'lvm', pool: { id, members: 2 } });
});

test('a Btrfs tells on how many devices it lies; of one alone there is nothing to tell', async () => {
  let id = '';
  const images = onLoops((devices) => {
    run('mkfs.btrfs', '-q', '-f', ...devices);
    id = run('blkid', '-p', '-o', 'value', '-s', 'UUID', devices[0] ?? '').trim();
  });
  for (const image of images) expect(await readImage(image)).toMatchObject({ type: 'btrfs', pool: { id, members: 2 } });
  const alone = machine.image(120 * mebibyte);
  run('mkfs.btrfs', '-q', alone);
  expect(await readImage(alone)).not.toHaveProperty('pool');
});
