import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { makeScratch, noise, withVolume } from '@sysimage/fixtures';
import { bootFromDisk, makeBiosDisk, type GuestDisk, type GuestEnd } from '@sysimage/vm';
import { succeed, textAt, type Ended } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

const payload = (version: number): Uint8Array => noise(`payload ${version}`, 5 * mebi + version);

/** What the disk says when it is started: the kernel that lies on it reads a file that lies on it. */
function expectPayload(version: number, { exitCode, output }: GuestEnd): void {
  const digest = createHash('sha256').update(payload(version)).digest('hex');
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: `this disk has started\n${digest}  payload\n` });
}

test('a BIOS starts the image as it lies on the target, the disk that comes back, and what is exported', async () => {
  const target = `dir:${scratch.at('target')}`;
  const disk = await makeBiosDisk(scratch.at('disk.img'), {
    size: 128 * mebi,
    system: { script: 'mount -o ro /dev/vda1 /mnt; cd /mnt; echo "this disk has started"; sha256sum payload' },
    fill: (folder) => writeFile(join(folder, 'payload'), payload(1)),
  });
  const backUp = (): Promise<Ended> =>
    succeed('backup', '--disk', disk.path, '--to', target, '--computer', 'Starter', '--json');
  const start = (path: string, format: GuestDisk['format']): Promise<GuestEnd> =>
    bootFromDisk({ firmware: 'bios', disks: [{ path, format, discardWrites: true }] });

  const first = await backUp();
  const image = scratch.at('target', textAt(first.result, 'version', 'disks', 0, 'image'));
  expectPayload(1, await start(image, 'vpc'));

  await withVolume(disk, 1, (folder) => writeFile(join(folder, 'payload'), payload(2)));
  const second = await backUp();
  expect(textAt(second.result, 'version', 'disks', 0, 'image')).toBe(
    textAt(first.result, 'version', 'disks', 0, 'image'),
  );
  expectPayload(2, await start(image, 'vpc'));

  const restored = scratch.at('restored.img');
  await succeed('restore', textAt(first.result, 'version', 'id'), '--from', target, '--disk', restored);
  expectPayload(1, await start(restored, 'raw'));

  // The older version, which is no longer what the image holds.
  for (const [format, qemuFormat] of [
    ['vhd', 'vpc'],
    ['vhdx', 'vhdx'],
  ] as const) {
    const exported = scratch.at(`exported.${format}`);
    const options = ['--from', target, '--format', format, '--output', exported];
    await succeed('export', textAt(first.result, 'version', 'id'), ...options);
    expectPayload(1, await start(exported, qemuFormat));
  }
}, 180_000);
