import { afterAll, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeByQemu, makeScratch, noise, run } from '@sysimage/fixtures';
import { at, attemptHere, listAt, mountNew, succeedHere, sysimageHere, textAt, ToyDisk } from '../src/index.js';

const mebi = 1024 * 1024;
const scratch = await makeScratch();
afterAll(() => scratch.remove());

/** Backups of one disk to a folder, and what each of them must give back. */
class Series {
  readonly disk = new ToyDisk(32 * mebi);
  readonly kept = new Map<string, Uint8Array>();
  readonly folder: string;
  readonly #config: string;
  readonly #path: string;

  /** `options`: of the target. */
  constructor(name: string, folder: string) {
    this.folder = folder;
    this.#config = scratch.at(`${name}.yaml`);
    this.#path = scratch.at(`${name}.img`);
    this.reflinks(true);
    for (let block = 300; block < 4500; block += 1) this.disk.fill(block, 1 + (block % 80));
  }

  reflinks(wanted: boolean): void {
    const option = wanted ? '' : ', reflinks: false';
    writeFileSync(this.#config, `targets: { shelf: { plugin: dir, path: "${this.folder}"${option} } }\n`);
  }

  change(round: number): void {
    for (let block = 300 + 64 * round; block < 4500; block += 1600) {
      for (let i = 0; i < 16; i += 1) this.disk.fill(block + i, 90 + round);
      for (let i = 32; i < 48; i += 1) this.disk.free(block + i);
    }
    for (let block = 4500; block < 4650; block += 1) this.disk.fill(block + 150 * round, round + 2);
    // As each version alone has it.
    for (let block = 6200; block < 7700; block += 1) this.disk.fill(block, round + 20);
  }

  async backUp(): Promise<string> {
    writeFileSync(this.#path, this.disk.bytes);
    const [disk, to] = [
      ['--disk', this.#path],
      ['--to', 'shelf'],
    ];
    const result = await sysimageHere('backup', '--config', this.#config, ...disk, ...to, '-c', 'pc', '--json');
    const id = textAt(result, 'version', 'id');
    this.kept.set(id, this.disk.canonical());
    return id;
  }

  async tryBackUp(): Promise<number> {
    writeFileSync(this.#path, this.disk.bytes);
    const asked = ['--config', this.#config, '--disk', this.#path, '--to', 'shelf', '-c', 'pc', '--no-evict'];
    return (await attemptHere('backup', ...asked)).code;
  }

  async ask(command: string, ...args: readonly string[]): Promise<unknown> {
    return sysimageHere(command, ...args, '--config', this.#config, '--from', 'shelf', '-c', 'pc', '--json');
  }

  /** The flags of the target. */
  async show(): Promise<unknown> {
    return sysimageHere('target', 'show', 'shelf', '--config', this.#config, '--json');
  }

  /** Every version is listed and restores, and `verify` finds nothing. */
  async judge(): Promise<void> {
    const listed = listAt(await this.ask('versions'), 'versions');
    expect(listed.map((one) => [textAt(one, 'id'), textAt(one, 'state')])).toEqual(
      [...this.kept.keys()].toSorted().map((id) => [id, 'complete']),
    );
    for (const [id, bytes] of this.kept) {
      const to = scratch.at('restored.img');
      const from = ['--config', this.#config, '--from', 'shelf', '-c', 'pc'];
      await succeedHere('restore', id, ...from, '--disk', `0=${to}`);
      expect([id, Buffer.compare(readFileSync(to), bytes)]).toEqual([id, 0]);
      await rm(to);
    }
    await this.ask('verify');
  }

  /** Every version that has an image of its own is a disk to QEMU. */
  async judgeImages(): Promise<number> {
    const raw = scratch.at('wanted.img');
    let judged = 0;
    for (const [id, bytes] of this.kept) {
      const [image] = (await run('find', this.folder, '-name', `image-${id}.vhd`)).trim().split('\n');
      if (image === undefined || image === '') continue;
      writeFileSync(raw, bytes);
      await judgeByQemu(image, raw);
      judged += 1;
    }
    return judged;
  }

  /** Bytes that are taken on the medium. */
  async taken(): Promise<number> {
    await run('sync', '--file-system', this.folder);
    const { bsize, blocks, bfree } = await statfs(this.folder);
    return (blocks - bfree) * bsize;
  }
}

const types = [
  ['xfs', 320 * mebi, ['-q']],
  ['btrfs', 256 * mebi, ['-q', '--mixed']],
] as const;

test.each(types)(
  '%s: every version is an image of its own, and takes what has changed',
  async (type, size, options) => {
    const folder = scratch.at(type);
    await mountNew(folder, size, type, ...options);
    const series = new Series(type, join(folder, 'shelf'));
    await series.backUp();
    expect(at(await series.show(), 'capabilities', 'shadowCopies')).toBe('native');
    const first = await series.taken();
    for (let round = 0; round < 3; round += 1) {
      series.change(round);
      await series.backUp();
    }
    const four = await series.taken();
    // Some 1650 blocks of 4 KiB, three times, and what lies with them in grains of 64 KiB: whole images would be 70 MiB.
    expect(four - first).toBeLessThan(32 * mebi);
    expect(await series.judgeImages()).toBe(3);

    const [, , third = ''] = series.kept.keys();
    const freed = at(await series.ask('delete', third, '--plan'), 'freedBytes');
    await series.ask('delete', third, '--yes');
    series.kept.delete(third);
    const gone = four - (await series.taken());
    expect(Number(freed)).toBeGreaterThan(5 * mebi);
    // File systems set room aside for what is written next.
    expect(gone).toBeGreaterThan(Number(freed) - mebi);
    expect(gone).toBeLessThan(Number(freed) + 5 * mebi);

    // A full medium costs the new version, and none that is there.
    await fillUp(join(folder, 'other.bin'));
    series.change(5);
    expect(await series.tryBackUp()).toBe(15);
    await series.judge();
    await rm(join(folder, 'other.bin'));
    await series.taken();
    await series.backUp();

    // With layers on top, and without them again.
    series.reflinks(false);
    for (const round of [6, 7]) {
      series.change(round);
      await series.backUp();
    }
    expect(at(await series.show(), 'capabilities', 'shadowCopies')).toBe('engine');
    series.reflinks(true);
    series.change(8);
    const newest = await series.backUp();
    await series.judge();
    await series.ask('prune', '--keep-last', '1', '--yes');
    for (const id of series.kept.keys()) if (id !== newest) series.kept.delete(id);
    await series.judge();
    expect(await series.taken()).toBeLessThan(first + 24 * mebi);
  },
  120_000,
);

test('an XFS whose files share nothing keeps layers', async () => {
  const folder = scratch.at('old');
  await mountNew(folder, 320 * mebi, 'xfs', '-q', '-m', 'reflink=0');
  const series = new Series('old', folder);
  await series.backUp();
  expect(at(await series.show(), 'capabilities', 'shadowCopies')).toBe('engine');
  series.change(1);
  await series.backUp();
  await series.judge();
});

/** Takes all room that there is. */
async function fillUp(path: string): Promise<void> {
  const file = await open(path, 'w');
  const bytes = noise('other', mebi);
  try {
    for (;;) await file.write(bytes);
  } catch {
    await file.sync().catch(() => undefined);
  } finally {
    await file.close();
  }
}
