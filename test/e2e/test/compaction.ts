import { expect } from '@jest/globals';
import { objectName, type Target, type VersionRecord } from '@sysimage/core';
import { createMemoryTarget, type MemoryStore } from '@sysimage/target-memory';
import { ToyDisk, Workbench } from '../src/index.js';

const mebibyte = 1024 * 1024;

export interface Taken {
  readonly version: VersionRecord;
  readonly bytes: Uint8Array;
}

/** Blocks that all rounds change, blocks of its own, some that come, and some that go. */
export function change(disk: ToyDisk, round: number): void {
  for (let block = 60; block < 400; block += 9) disk.fill(block, round + 1);
  for (let block = 400 + round * 48; block < 432 + round * 48; block += 1) disk.fill(block, round + 1);
  for (let block = 64 + round * 16; block < 72 + round * 16; block += 1) disk.free(block);
  // Every image has a block more than the one before.
  disk.fill(700 + 512 * round, round + 1);
}

export async function taken(count: number, target: Target = createMemoryTarget()) {
  const bench = new Workbench();
  const disk = new ToyDisk(18 * mebibyte);
  const versions: Taken[] = [];
  const backUp = async (): Promise<Taken> => {
    change(disk, versions.length);
    const one = { version: await bench.backup(target, disk), bytes: disk.canonical() };
    versions.push(one);
    return one;
  };
  for (let i = 0; i < count; i += 1) await backUp();
  return { bench, target, versions, backUp };
}

export async function memoryOf(count: number) {
  const target = createMemoryTarget();
  return { ...(await taken(count, target)), target };
}

export interface Stored {
  readonly store: MemoryStore;
}

export const sizeOf = ({ store }: Stored, ending = ''): number =>
  store
    .names()
    .filter((name) => name.endsWith(ending))
    .reduce((sum, name) => sum + store.bytes(name).length, 0);
export const namesOf = ({ store }: Stored, ending: string): readonly string[] =>
  store.names().filter((name) => name.endsWith(ending));
export const recordsOf = (target: Stored): readonly string[] =>
  target.store.names().filter((name) => name.includes('/compactions/'));
export const idOf = (one: Taken | undefined): string => one?.version.id ?? '';

/** Its record goes, and nothing else: what a deletion leaves that is cut at once. */
export async function forget(target: Target, ...gone: readonly (Taken | undefined)[]): Promise<void> {
  for (const one of gone) await target.remove(objectName('sysimage', 'bench', 'versions', `${idOf(one)}.json`));
}

export async function assertWhole(
  bench: Workbench,
  target: Target,
  left: readonly (Taken | undefined)[],
): Promise<void> {
  for (const one of left)
    expect([idOf(one), Buffer.compare(await bench.restore(target, idOf(one)), one?.bytes ?? Buffer.of())]).toEqual([
      idOf(one),
      0,
    ]);
  const { damages, versions } = await bench.verify(target);
  expect([damages, versions.map(({ id }) => id)]).toEqual([[], left.map(idOf)]);
}
