import { randomBytes } from 'node:crypto';
import { open, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { completeTarget, supports, type Host, type RandomFile, type Target } from '@sysimage/core';
import { copyImage, run } from '@sysimage/fixtures';
import { seeded } from '@sysimage/target-memory';
import { ntfs } from '@sysimage/target-ntfs';
import { Judge, keep, type Kept } from './judge.js';
import { ToyDisk } from './toy-disk.js';
import { Workbench } from './workbench.js';

const mebibyte = 1024 * 1024;

const host: Host = {
  now: () => new Date(),
  log: () => undefined,
  random: (length) => randomBytes(length),
  disksBelow: () => Promise.resolve({ known: false, why: 'a test' }),
  requestMedium: () => Promise.resolve(),
};

export interface NtfsPowerCuts {
  /** For images of the volume. */
  readonly folder: string;
  /** At most so many calls after which the power goes, chosen by the seed. */
  readonly most: number;
  readonly seed: number;
}

/**
 * Cuts the power after calls of a backup to a real NTFS volume, written by ntfs-3g: what the medium holds then is the file behind the
 * loop device. Every version that was complete must restore from it, and a backup go on. Tells how many cuts were judged.
 */
export async function powerCutsOnNtfs({ folder, most, seed }: NtfsPowerCuts): Promise<number> {
  const path = join(folder, 'volume.img');
  await writeFile(path, '');
  await truncate(path, 48 * mebibyte);
  await run('mkntfs', '-FqQ', path);
  const bench = new Workbench();
  const disk = new ToyDisk(4 * mebibyte);
  const kept: Kept[] = [];
  await withTarget(path, async (target) => {
    for (let round = 0; round < 2; round += 1) {
      change(disk, round, seed);
      kept.push(keep((await bench.backup(target, disk)).id, [disk]));
    }
  });
  change(disk, 2, seed);
  const rehearsal = join(folder, 'rehearsal.img');
  await copyImage(path, rehearsal);
  let calls = 0;
  await withTarget(rehearsal, async (target) => {
    await bench.backup(
      counted(target, () => Promise.resolve(void (calls += 1))),
      disk,
    );
  });
  await rm(rehearsal);

  const chosen = choose(calls, most, seed);
  const cuts: { readonly copy: string; readonly isDone: boolean }[] = [];
  let at = 0;
  await withTarget(path, async (target) => {
    const after = async (): Promise<void> => {
      const number = (at += 1);
      if (!chosen.has(number)) return;
      // Every second time the kernel has just written what it had.
      if (cuts.length % 2 === 1) await flushLoopOf(path);
      const copy = join(folder, `cut-${number}.img`);
      await copyImage(path, copy);
      cuts.push({ copy, isDone: false });
    };
    kept.push(keep((await bench.backup(counted(target, after), disk)).id, [disk]));
    const copy = join(folder, 'cut-after.img');
    await copyImage(path, copy);
    cuts.push({ copy, isDone: true });
  });
  for (const { copy, isDone } of cuts) {
    await judge(copy, { kept, isDone, disk }).catch((error: unknown) => {
      throw new Error(`the power went, and left ${copy}, seed ${seed}: ${String(error)}`, { cause: error });
    });
    await rm(copy);
  }
  return cuts.length;
}

interface Expected {
  /** The last of them is the one that was being written. */
  readonly kept: readonly Kept[];
  readonly isDone: boolean;
  readonly disk: ToyDisk;
}

async function judge(path: string, { kept, isDone, disk }: Expected): Promise<void> {
  const bench = new Workbench();
  const judge = new Judge(bench);
  await withTarget(path, async (target) => {
    const ids = await judge.listed(target);
    for (const [i, one] of kept.entries()) {
      if (ids.includes(one.id)) await judge.assertRestores(target, one, 'at once');
      else if (isDone || i < kept.length - 1) throw new Error(`version ${one.id} is gone`);
    }
    bench.fallAsleep(60_000);
    const next = keep((await bench.backup(target, disk)).id, [disk]);
    for (const one of [...kept.filter(({ id }) => ids.includes(id)), next])
      await judge.assertRestores(target, one, 'after the next backup');
    await judge.assertTidy(target);
  });
}

async function withTarget(path: string, work: (target: Target) => Promise<void>): Promise<void> {
  const target = completeTarget<never>(await ntfs.open({ options: { path, folder: 'backups' } }, host, 'write'));
  try {
    await work(target);
  } finally {
    await target.close();
  }
}

/** Calls back after every call that changes something, and lets no other one begin meanwhile. */
function counted(target: Target, after: () => Promise<void>): Target {
  if (!supports(target, 'random')) throw new Error('the target cannot be changed in place');
  const { random } = target.facets;
  let last: Promise<unknown> = Promise.resolve();
  const then = <T>(call: () => Promise<T>): Promise<T> => {
    const done = last.then(async () => {
      const result = await call();
      await after();
      return result;
    });
    last = done.catch(() => undefined);
    return done;
  };
  const countedFile = (file: RandomFile): RandomFile => ({
    ...file,
    write: (offset, bytes) => then(() => file.write(offset, bytes)),
    truncate: (size) => then(() => file.truncate(size)),
    flush: () => then(() => file.flush()),
  });
  return {
    ...target,
    facets: {
      ...target.facets,
      random: { open: async (name, options) => countedFile(await then(() => random.open(name, options))) },
    },
    put: (name, size, chunks, options) => then(() => target.put(name, size, chunks, options)),
    remove: (name, options) => then(() => target.remove(name, options)),
  };
}

async function flushLoopOf(path: string): Promise<void> {
  const [device = ''] = (await run('losetup', '--noheadings', '--output', 'NAME', '--associated', path))
    .trim()
    .split('\n');
  const file = await open(device, 'r');
  await file.sync();
  await file.close();
}

function choose(calls: number, most: number, seed: number): ReadonlySet<number> {
  const random = seeded(seed);
  const all = Array.from({ length: calls }, (_, i) => ({ at: i + 1, order: random() }));
  return new Set(
    all
      .toSorted((a, b) => a.order - b.order)
      .slice(0, most)
      .map(({ at }) => at),
  );
}

/** Other places with another seed. */
function change(disk: ToyDisk, round: number, seed: number): void {
  const shift = seed % 7;
  for (let block = 60 + round + shift; block < 600; block += round === 0 ? 1 : 3)
    disk.fill(block, 1 + ((block + round) % 90));
  for (let block = 61 + round + shift; block < 600; block += 11) disk.free(block);
}
