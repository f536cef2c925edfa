import { expect, test } from '@jest/globals';
import { SysimageError } from '../../src/contract/errors.js';
import type { Held } from '../../src/contract/target.js';
import { ChangeWriter, type Piece } from '../../src/flow/change-writer.js';
import { grainSize } from '../../src/image/grain.js';
import { vhdFormat } from '../../src/image/vhd-format.js';
import { InPlaceImage } from '../../src/image/in-place-image.js';
import { findGrain, openLayer } from '../../src/image/layer-reader.js';
import { LayerWriter } from '../../src/image/layer-writer.js';
import { hasher } from '../hasher.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget } from '../memory-target.js';
import { key, names, versionId } from '../records.js';

const diskSize = 64 * 1024 * 1024;
const [base, run] = [versionId(1), versionId(2)];
const layerName = names.layer(key, base, run);

function piece(grain: number, bytes: Uint8Array): [readonly Piece[], () => void] {
  return [[{ grain, bytes }], () => undefined];
}

function full(value: number): Uint8Array {
  return new Uint8Array(grainSize).fill(value);
}

class Bench {
  readonly log: string[] = [];
  readonly image: InPlaceImage;
  readonly layer: LayerWriter;
  readonly layerFile: MemoryFile;
  lost = false;
  readonly held: Held = {
    lost: new AbortController().signal,
    assertHeld: () => {
      if (this.lost) throw new SysimageError('busy', 'lost');
    },
    release: () => Promise.resolve(),
  };

  private constructor(image: InPlaceImage, layer: LayerWriter, layerFile: MemoryFile, log: string[]) {
    this.image = image;
    this.layer = layer;
    this.layerFile = layerFile;
    this.log = log;
  }

  /** An image whose first grains hold 1, 2, 3 …, and an empty layer. */
  static async open(grains: number): Promise<Bench> {
    const log: string[] = [];
    const file = new MemoryFile((operation) => log.push(`image ${operation}`));
    const identity = { uuid: new Uint8Array(16), createdAt: new Date('2026-01-01T00:00:00.000Z') };
    const image = InPlaceImage.create(names.firstImage(key, 'vhd'), file, vhdFormat(diskSize, identity));
    await image.begin();
    for (let grain = 0; grain < grains; grain += 1) await image.write(grain, full(grain + 1));
    await image.finish();
    const layerFile = new MemoryFile((operation) => log.push(`layer ${operation}`));
    const header = { diskSize, base, run, imageLength: file.bytes.length };
    const layer = await LayerWriter.create(layerName, header, layerFile, hasher);
    log.length = 0;
    const opened = await InPlaceImage.open(names.firstImage(key, 'vhd'), file);
    await opened.begin();
    log.length = 0;
    return new Bench(opened, layer, layerFile, log);
  }

  writer(layer: LayerWriter | undefined = this.layer): ChangeWriter {
    return new ChangeWriter(this.image, layer, hasher, this.held);
  }

  /** Calls that change or secure something, repeats left out. */
  steps(): readonly string[] {
    const steps = this.log.filter((call) => !call.endsWith('read'));
    return steps.filter((call, i) => call !== steps[i - 1]);
  }

  async grainsInLayer(): Promise<ReadonlyMap<number, number | 'zero'>> {
    const layer = await openLayer(memoryTarget(new Map([[layerName, this.layerFile]])), layerName, hasher);
    const found = new Map<number, number | 'zero'>();
    for (const grain of layer?.index.grains ?? []) {
      const offset = layer === undefined ? 0 : (findGrain(layer.index, grain) ?? 0);
      found.set(grain, offset === 0 ? 'zero' : (this.layerFile.bytes[offset] ?? 0));
    }
    return found;
  }

  async grain(grain: number): Promise<number> {
    const bytes = new Uint8Array(grainSize);
    await this.image.read(grain, bytes);
    return bytes[0] ?? 0;
  }
}

function old(value: number): { kind: 'data' | 'zero'; digest: Uint8Array } {
  return { kind: value === 0 ? 'zero' : 'data', digest: hasher.digest(full(value)) };
}

test('old bytes are appended and flushed before a new byte goes into the image', async () => {
  const bench = await Bench.open(4);
  const writer = bench.writer();
  await writer.displace(0, full(101), old(1));
  await writer.displace(1, full(102), old(2));
  await writer.displace(3, undefined, old(4));
  expect(bench.steps()).toEqual([]);
  await writer.flushBatch();
  expect(bench.steps()).toEqual(['layer write', 'layer flush', 'image write']);
  expect([...(await bench.grainsInLayer())]).toEqual([
    [0, 1],
    [1, 2],
    [3, 4],
  ]);
  expect(await Promise.all([0, 1, 2, 3].map((grain) => bench.grain(grain)))).toEqual([101, 102, 3, 0]);
  expect([writer.displacedBytes, writer.changedBytes, writer.damaged]).toEqual([3 * grainSize, 3 * grainSize, 0]);
});

test('zeros are displaced as a value, without bytes', async () => {
  const bench = await Bench.open(4);
  const writer = bench.writer();
  await writer.displace(9, full(9), old(0));
  await writer.flushBatch();
  expect([...(await bench.grainsInLayer())]).toEqual([[9, 'zero']]);
  expect([writer.displacedBytes, writer.changedBytes]).toEqual([0, grainSize]);
  expect(await bench.grain(9)).toBe(9);
});

test('what nobody needs is written at once, and the layer is left alone', async () => {
  const bench = await Bench.open(4);
  const writer = bench.writer(undefined);
  await writer.write(...piece(2, full(50)));
  await writer.settled();
  await writer.clear(1);
  await writer.clear(600);
  expect(bench.steps()).toEqual(['image write', 'image deallocate']);
  expect(await Promise.all([0, 1, 2].map((grain) => bench.grain(grain)))).toEqual([1, 0, 50]);
  await writer.flushBatch();
  expect(bench.steps()).toEqual(['image write', 'image deallocate']);
});

test('a batch goes out by itself at 32 MiB, and the image is flushed every 32 MiB', async () => {
  const bench = await Bench.open(512);
  const writer = bench.writer();
  for (let grain = 0; grain < 511; grain += 1) await writer.displace(grain, full(7), old((grain + 1) & 255));
  expect(bench.steps()).toEqual([]);
  await writer.displace(511, full(7), old(512 & 255));
  await writer.settled();
  expect(bench.steps()).toEqual(['layer write', 'layer flush', 'image write', 'image flush']);
  const part = new Uint8Array(128 * grainSize).fill(8);
  for (let i = 0; i < 3; i += 1) await writer.write(...piece(512 + i * 128, part));
  await writer.settled();
  expect(bench.log.filter((call) => call === 'image flush')).toHaveLength(1);
  await writer.write(...piece(512 + 3 * 128, part));
  await writer.settled();
  expect(bench.log.filter((call) => call === 'image flush')).toHaveLength(2);
});

test('writes go on side by side; their buffers are given back when they have ended, a failure is heard afterwards', async () => {
  const bench = await Bench.open(1);
  const writer = bench.writer(undefined);
  const done: number[] = [];
  await writer.write(
    [
      { grain: 0, bytes: full(1) },
      { grain: 1, bytes: full(2) },
    ],
    () => done.push(1),
  );
  await writer.write([{ grain: 2, bytes: full(3) }], () => done.push(2));
  await writer.settled();
  expect(done.toSorted((a, b) => a - b)).toEqual([1, 2]);
  expect(await Promise.all([0, 1, 2].map((grain) => bench.grain(grain)))).toEqual([1, 2, 3]);

  // Behind the end of the disk there is no block.
  await writer.write([{ grain: diskSize, bytes: full(1) }], () => done.push(3));
  await expect(writer.settled()).rejects.toThrow(RangeError);
  expect(done).toContain(3);
  await expect(writer.write([{ grain: 3, bytes: full(4) }], () => done.push(4))).rejects.toThrow(RangeError);
  expect(await bench.grain(3)).toBe(0);
});

test('what a batch overwrites, it overwrites grain by grain, each once', async () => {
  const bench = await Bench.open(64);
  const writer = bench.writer();
  for (let grain = 0; grain < 64; grain += 1) await writer.displace(grain, full(200 - grain), old(grain + 1));
  await writer.flushBatch();
  expect(bench.log.filter((call) => call === 'image write')).toHaveLength(64);
  for (let grain = 0; grain < 64; grain += 1) expect(await bench.grain(grain)).toBe(200 - grain);
});

test('bytes that were damaged before are counted, not passed on as good', async () => {
  const bench = await Bench.open(4);
  const writer = bench.writer();
  await writer.displace(0, full(101), old(77));
  await writer.displace(1, full(102), old(2));
  await writer.flushBatch();
  expect([...(await bench.grainsInLayer())]).toEqual([[1, 2]]);
  expect([writer.damaged, writer.displacedBytes]).toEqual([1, grainSize]);
  expect(await bench.grain(0)).toBe(101);
});

test('the caller may use its buffers again before a batch is flushed', async () => {
  const bench = await Bench.open(2);
  const writer = bench.writer();
  const bytes = full(60);
  const was = old(1);
  await writer.displace(0, bytes, was);
  bytes.fill(0xff);
  was.digest.fill(0);
  await writer.flushBatch();
  expect([await bench.grain(0), writer.damaged]).toEqual([60, 0]);
});

test('without the lease nothing is written', async () => {
  const bench = await Bench.open(4);
  const writer = bench.writer();
  await writer.displace(0, full(101), old(1));
  bench.lost = true;
  await expect(writer.flushBatch()).rejects.toMatchObject({ code: 'busy' });
  await expect(writer.write(...piece(1, full(9)))).rejects.toMatchObject({ code: 'busy' });
  await expect(writer.clear(1)).rejects.toMatchObject({ code: 'busy' });
  expect(bench.steps()).toEqual([]);
});

test('a lease that is lost while the layer is flushed: the image is not touched any more', async () => {
  const bench = await Bench.open(4);
  const writer = new ChangeWriter(bench.image, bench.layer, hasher, {
    ...bench.held,
    assertHeld: () => {
      if (bench.log.includes('layer flush')) throw new SysimageError('busy', 'lost');
    },
  });
  await writer.displace(0, full(101), old(1));
  await expect(writer.flushBatch()).rejects.toMatchObject({ code: 'busy' });
  expect(bench.steps()).toEqual(['layer write', 'layer flush']);
});
