import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { acceptsTable, fsck, makeScratch, noise } from '@sysimage/fixtures';
import { bootFromDisk, makeUefiDisk } from '@sysimage/vm';
import { succeed } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

test('UEFI starts a larger disk onto which a disk with a GPT was restored', async () => {
  const payload = noise('payload', 5 * mebi + 1);
  const target = `dir:${scratch.at('target')}`;
  const disk = await makeUefiDisk(scratch.at('disk.img'), {
    size: 160 * mebi,
    system: { script: 'mount -o ro /dev/vda2 /mnt; cd /mnt; echo "this disk has started"; sha256sum payload' },
    fill: (folder) => writeFile(join(folder, 'payload'), payload),
  });
  await succeed('backup', '--disk', disk.path, '--to', target, '--computer', 'Starter');

  const larger = { ...disk, path: scratch.at('larger.img'), size: 300 * mebi };
  await writeFile(larger.path, '');
  await truncate(larger.path, larger.size);
  await succeed('restore', 'latest', '--from', target, '--disk', larger.path);
  expect((await acceptsTable(larger.path)).partitions).toHaveLength(2);

  const { exitCode, output } = await bootFromDisk({
    firmware: 'uefi',
    disks: [{ path: larger.path, format: 'raw' }],
  });
  const digest = createHash('sha256').update(payload).digest('hex');
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: `this disk has started\n${digest}  payload\n` });
  for (const { number } of larger.partitions) await fsck(larger, number);
}, 180_000);
