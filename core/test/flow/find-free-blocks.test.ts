import { expect, test } from '@jest/globals';
import { findFreeBlocks } from '../../src/flow/find-free-blocks.js';
import { shardSize } from '../../src/image/grain.js';
import { MapShard } from '../../src/image/map-shard.js';
import { vhdFormat } from '../../src/image/vhd-format.js';
import { hasher } from '../hasher.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget } from '../memory-target.js';
import { diskRecord, emptyLayout, key, names, versionId } from '../records.js';

const mebibyte = 1024 * 1024;
const grainsPerBlock = 32;
const [deleted, oldest, newest] = [versionId(1), versionId(2), versionId(3)];
const digest = new Uint8Array(32).fill(7);
/** One grain of a block, as a map may have it. */
type Holds = (map: MapShard, grain: number) => void;
const live: Holds = (map, grain) => map.setData(grain, digest);
const liveZeros: Holds = (map, grain) => map.setZero(grain);
const retiredBy =
  (version: string): Holds =>
  (map, grain) => {
    map.setData(grain, digest);
    map.retire(grain, version);
  };

interface Given {
  readonly diskSize: number;
  /** What some blocks hold, each in its last grain. */
  readonly holds?: ReadonlyMap<number, Holds>;
  readonly taken?: readonly number[];
  readonly withoutSlot?: readonly number[];
  readonly oldest?: string | undefined;
}

/** What is found, and of how many blocks maps were read for it. */
async function found(given: Given): Promise<{ blocks: readonly number[]; maps: readonly string[] }> {
  const objects = new Map<string, MemoryFile>();
  const shards = new Map<number, MapShard>();
  for (const [block, hold] of given.holds ?? []) {
    const index = Math.floor((block * 2 * mebibyte) / shardSize);
    const shard = shards.get(index) ?? new MapShard(index, 16_384);
    shards.set(index, shard);
    hold(shard, ((block + 1) * grainsPerBlock - 1) % 16_384);
  }
  const entries = [...shards].map(([index, shard]) => {
    const name = names.shard(key, newest, index);
    const bytes = shard.encode(hasher);
    objects.set(name, MemoryFile.of(bytes));
    return { name, size: bytes.length, digest: Buffer.from(hasher.digest(bytes)).toString('hex'), shard: index };
  });
  const maps: string[] = [];
  const target = memoryTarget(objects, {
    before: async (call, name) => {
      if (call === 'get') maps.push(name);
      return Promise.resolve();
    },
  });
  const identity = { uuid: new Uint8Array(16), createdAt: new Date('2026-01-01T00:00:00.000Z') };
  const blocks: number[] = [];
  const image = {
    format: vhdFormat(given.diskSize, identity),
    hasSlot: (block: number) => given.withoutSlot?.includes(block) !== true,
  };
  const reader = {
    hasRuns: (start: number, end: number) =>
      given.taken?.some((block) => block * 2 * mebibyte < end && (block + 1) * 2 * mebibyte > start) === true,
  };
  const base = diskRecord(newest, { layout: { ...emptyLayout, size: given.diskSize }, shards: entries });
  const oldestKept = 'oldest' in given ? given.oldest : oldest;
  for await (const block of findFreeBlocks({ target, image, base, reader, oldest: oldestKept }, hasher))
    blocks.push(block);
  return { blocks, maps };
}

test('a block is free when no version needs a byte of it and the run takes nothing there', async () => {
  const holds = new Map([
    [0, live],
    [1, liveZeros],
    [2, retiredBy(deleted)],
    [3, retiredBy(oldest)],
    [4, retiredBy(newest)],
  ]);
  const { blocks } = await found({ diskSize: 18 * mebibyte, holds, taken: [6], withoutSlot: [7] });
  expect(blocks).toEqual([1, 2, 5, 8]);
});

test('the oldest version that stays decides', async () => {
  const holds = new Map([[0, retiredBy(deleted)]]);
  expect((await found({ diskSize: 2 * mebibyte, holds, oldest: deleted })).blocks).toEqual([]);
  expect((await found({ diskSize: 2 * mebibyte, holds, oldest })).blocks).toEqual([0]);
});

test('a block that the end of the disk cuts is left alone', async () => {
  expect((await found({ diskSize: 6 * mebibyte })).blocks).toEqual([0, 1, 2]);
  expect((await found({ diskSize: 6 * mebibyte - 512 })).blocks).toEqual([0, 1]);
});

test('only maps of which a block may be free are read', async () => {
  const blocksPerShard = shardSize / (2 * mebibyte);
  const all = Array.from({ length: blocksPerShard }, (_, i) => i);
  const holds = new Map([
    [0, live],
    [blocksPerShard, live],
    [blocksPerShard + 1, retiredBy(deleted)],
    [2 * blocksPerShard, live],
  ]);
  const given = { diskSize: 2 * shardSize + 2 * mebibyte, holds, taken: [...all, 2 * blocksPerShard] };
  const { blocks, maps } = await found(given);
  expect(blocks[0]).toBe(blocksPerShard + 1);
  expect(blocks).toHaveLength(blocksPerShard - 1);
  expect(maps).toEqual([names.shard(key, newest, 1)]);
});
