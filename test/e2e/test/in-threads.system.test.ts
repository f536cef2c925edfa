import { afterAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createDisks } from '@sysimage/block-device';
import { createEngine, createRegistry, type DigestFrom, type Hasher } from '@sysimage/core';
import { makeDisk, makeScratch, noise, partitionOf, sameBytes } from '@sysimage/fixtures';
import { createHasher } from '@sysimage/node-services';
import { plugin } from '@sysimage/target-directory';
import { lookAt, mountTmpfs, startSysimage, sysimage, unmount, Workbench } from '../src/index.js';

// Much more than is hashed before threads are worth their start; what they do then, other tests do not see.
const mebi = 1024 * 1024;
const diskSize = 224 * mebi;

const scratch = await makeScratch();
const disk = await makeDisk(scratch.at('disk.img'), {
  table: 'gpt',
  size: diskSize,
  partitions: [{ type: 'blank', label: 'bytes' }],
});
const { offset, size } = partitionOf(disk, 1);
const url = `dir:${scratch.at('target')}`;
const full = scratch.at('full');
afterAll(async () => {
  if (existsSync(full)) await unmount(full);
  await scratch.remove();
});

async function change(path: string, at: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}

async function imageBelow(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  const image = names.find((name) => name.endsWith('.vhd'));
  if (image === undefined) throw new Error(`no image among ${names.join(', ')}`);
  return join(folder, image);
}

const backup = (): Promise<{ code: number | null }> =>
  sysimage('backup', '--disk', disk.path, '--to', url, '--computer', 'pc');
const restore = (version: string, to: string, ...more: readonly string[]): Promise<{ code: number | null }> =>
  sysimage('restore', version, '--from', url, '--disk', to, ...more);

test('what threads read, hash and write is what was on the disk, and what is wrong or finds no room is told', async () => {
  const step = noise('in threads', 8 * mebi);
  // Half of it is zeros, in pieces that begin and end anywhere.
  for (let at = 0; at + step.length < size; at += 16 * mebi - 4096 * 5) await change(disk.path, offset + at, step);
  expect(await backup()).toMatchObject({ code: 0 });
  const first = scratch.at('first.img');
  expect(await restore('latest', first)).toMatchObject({ code: 0 });
  await sameBytes(first, disk.path);

  await change(disk.path, offset + 100 * mebi, noise('later', 3 * mebi));
  expect(await backup()).toMatchObject({ code: 0 });
  const second = scratch.at('second.img');
  expect(await restore('latest', second, '--verify')).toMatchObject({ code: 0 });
  await sameBytes(second, disk.path);

  await mountTmpfs(full, 64 * mebi);
  expect(await restore('latest', join(full, 'copy.img'))).toMatchObject({ code: 15 });
  expect(await readdir(full)).toEqual([]);

  // Some of so much is no zeros.
  const image = await imageBelow(scratch.at('target'));
  await change(image, Math.floor((await stat(image)).size * 0.8), noise('damage', 4 * mebi));
  const third = scratch.at('third.img');
  expect(await restore('latest', third)).toMatchObject({ code: 16 });
  expect(existsSync(third)).toBe(false);
});

/** The product's own, with its threads awake, and what they did themselves. */
async function awake(): Promise<{ hasher: Hasher; done: DigestFrom[]; refused: DigestFrom[] }> {
  const inner = createHasher();
  const done: DigestFrom[] = [];
  const refused: DigestFrom[] = [];
  const digestFrom = async (request: DigestFrom): Promise<Uint8Array | undefined> => {
    const digests = await inner.digestFrom?.(request);
    (digests === undefined ? refused : done).push(request);
    return digests;
  };
  const bytes = new Uint8Array(new SharedArrayBuffer(8 * mebi));
  const file = await open(disk.path, 'r');
  const request = { descriptor: file.fd, offset: 0, into: bytes, unit: 65_536, blank: [] };
  while ((await inner.digestFrom?.(request)) === undefined) await inner.digestEach(bytes, 65_536);
  await file.close();
  return { hasher: { ...inner, digestFrom }, done, refused };
}

test('threads refuse nothing of what is large enough for them, and write what they have hashed', async () => {
  const { hasher, done, refused } = await awake();
  const services = { ...new Workbench().services, hasher, disks: createDisks() };
  const host = {
    now: () => services.clock.now(),
    log: () => undefined,
    random: (length: number) => services.random.bytes(length),
    disksBelow: async () => ({ known: false, why: 'it is a test' }) as const,
    requestMedium: () => Promise.reject(new Error('there is nobody')),
  };
  const target = await createRegistry([plugin], host, hasher).open(`dir:${scratch.at('own')}`, 'write');
  const engine = createEngine(services);
  const request = { disks: [disk.path], target, computer: 'pc', tool: 'test', policies: [] };
  const { version } = await engine.backup(request, () => undefined);
  const large = ({ into }: DigestFrom): boolean => into.length >= mebi;
  expect(done.filter((each) => large(each) && each.to !== undefined).length).toBeGreaterThan(50);
  const read = done.length;
  // What was zeros takes no room.
  const image = await imageBelow(scratch.at('own'));
  expect((await stat(image)).blocks * 512).toBeLessThan(diskSize * 0.7);
  const catalog = await engine.computer(target);
  const copy = scratch.at('own.img');
  const disks = new Map([[0, copy]]);
  const confirm = (): Promise<boolean> => Promise.resolve(false);
  await engine.restore({ target, catalog, version, disks, recreateDisks: false, confirm }, () => undefined);
  await target.close();
  await sameBytes(copy, disk.path);
  expect(done.slice(read).filter((each) => large(each) && each.to !== undefined).length).toBeGreaterThan(20);
  expect(refused.filter(large)).toEqual([]);
});

test.each([0.1, 0.3, 0.5, 0.7, 0.9])(
  'a first backup that is killed while threads write, at %f of it, goes on',
  async (part) => {
    const folder = scratch.at(`killed at ${part}`);
    const words = ['backup', '--disk', disk.path, '--to', `dir:${folder}`, '--computer', 'pc', '--json'];
    const whole = (await stat(await imageBelow(scratch.at('own')))).size;
    {
      await using running = startSysimage(...words);
      let isOver = false;
      void running.ended.then(() => (isOver = true));
      while (!isOver && lookAt(folder, 'pc').imageBytes < whole * part) await setTimeout(1);
      running.kill();
    }
    expect(await sysimage(...words)).toMatchObject({ code: 0 });
    expect(await sysimage('verify', '--from', `dir:${folder}`)).toMatchObject({ code: 0 });
    const copy = scratch.at(`killed at ${part}.img`);
    expect(await sysimage('restore', 'latest', '--from', `dir:${folder}`, '--disk', copy)).toMatchObject({ code: 0 });
    await sameBytes(copy, disk.path);
    await rm(folder, { recursive: true });
  },
);
