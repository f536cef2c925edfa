import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSysimageError } from '../../src/contract/errors.js';
import { grainSize } from '../../src/image/grain.js';
import { encodeBatch, layerHeaderSize, type LayerBatch } from '../../src/image/layer-format.js';
import { findGrain, openLayer, readBatches } from '../../src/image/layer-reader.js';
import { LayerWriter, type LayerPiece } from '../../src/image/layer-writer.js';
import { flipped } from '../hostile.js';
import { hasher } from '../hasher.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget } from '../memory-target.js';
import { key, names, versionId } from '../records.js';

const [base, run] = [versionId(1), versionId(2)];
const name = names.layer(key, base, run);
const header = { diskSize: 1024 ** 3, base, run, imageLength: 4_000_000 };

function data(grain: number): LayerPiece {
  const bytes = new Uint8Array(grainSize).fill((grain % 250) + 1);
  return { kind: 'data', position: grain, bytes, digest: hasher.digest(bytes) };
}

function zero(grain: number): LayerPiece {
  return { kind: 'zero', position: grain, bytes: new Uint8Array(0), digest: hasher.digest(new Uint8Array(grainSize)) };
}

function frame(length: number): LayerPiece {
  const bytes = new Uint8Array(length).fill(7);
  return { kind: 'file', position: 0, bytes, digest: hasher.digest(bytes) };
}

interface Written {
  readonly file: MemoryFile;
  /** Where each batch is whole. */
  readonly ends: readonly number[];
  readonly sealed: number | undefined;
}

async function write(batches: readonly (readonly LayerPiece[])[], seal: boolean): Promise<Written> {
  const file = new MemoryFile();
  const writer = await LayerWriter.create(name, header, file, hasher);
  const ends: number[] = [];
  for (const batch of batches) {
    await writer.append(batch);
    ends.push(file.bytes.length);
  }
  const entry = seal ? await writer.seal() : undefined;
  if (entry !== undefined) expect(entry).toMatchObject({ name, size: file.bytes.length, base, run });
  return { file, ends, sealed: entry?.size };
}

async function open(bytes: Uint8Array) {
  const target = memoryTarget(new Map([[name, MemoryFile.of(bytes)]]));
  return { layer: await openLayer(target, name, hasher) };
}

async function batchesOf(bytes: Uint8Array): Promise<readonly LayerBatch[]> {
  const target = memoryTarget(new Map([[name, MemoryFile.of(bytes)]]));
  const batches: LayerBatch[] = [];
  for await (const batch of readBatches(target, name, bytes.length, header, hasher)) batches.push(batch);
  return batches;
}

const small: readonly (readonly LayerPiece[])[] = [
  [frame(5000), frame(512)],
  [data(3), zero(4), data(9)],
  [],
  [zero(1)],
  [data(0), data(70_000)],
];

test.each([true, false])('what was appended is found; sealed: %s', async (seal) => {
  const pieces = fc.uniqueArray(fc.record({ grain: fc.nat(4_000_000), full: fc.boolean(), ends: fc.boolean() }), {
    selector: ({ grain }) => grain,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(pieces, fc.array(fc.nat(4_000_000), { maxLength: 20 }), async (all, others) => {
      const batches: LayerPiece[][] = [[frame(5000), frame(512)], []];
      const wanted = new Map<number, LayerPiece>();
      for (const { grain, full, ends } of all) {
        const piece = full ? data(grain) : zero(grain);
        wanted.set(grain, piece);
        batches.at(-1)?.push(piece);
        if (ends) batches.push([]);
      }
      const { file } = await write(batches, seal);
      const { layer } = await open(file.bytes);
      if (layer === undefined) throw new Error('no layer');
      expect(layer).toMatchObject({ name, header, sealed: seal });
      for (const grain of [...wanted.keys(), ...others]) {
        const piece = wanted.get(grain);
        const offset = findGrain(layer.index, grain);
        if (piece === undefined) expect(offset).toBeUndefined();
        else if (piece.kind === 'zero') expect(offset).toBe(0);
        else {
          const at = offset ?? 0;
          expect(at % 4096).toBe(0);
          expect(hasher.digest(file.bytes.subarray(at, at + grainSize))).toEqual(piece.digest);
        }
      }
    }),
    { numRuns: 25 },
  );
});

test.each([true, false])(
  'wherever it is cut, the whole batches before are found and nothing else; sealed: %s',
  async (seal) => {
    const { file, ends, sealed } = await write(small, seal);
    const whole = file.bytes;
    const cuts = Array.from({ length: Math.floor(whole.length / 512) + 1 }, (_, i) => i * 512);
    for (const cut of [...cuts, ...ends, ...ends.map((end) => end - 1), whole.length]) {
      const { layer } = await open(whole.subarray(0, cut));
      if (cut < layerHeaderSize) {
        expect(layer).toBeUndefined();
        continue;
      }
      if (layer === undefined) throw new Error(`no layer at ${cut}`);
      expect(layer.sealed).toBe(cut === sealed);
      const batches = await batchesOf(whole.subarray(0, cut));
      expect(batches.map(({ seq }) => seq)).toEqual(ends.flatMap((end, i) => (end <= cut ? [i] : [])));
      const wanted = small
        .slice(0, batches.length)
        .flat()
        .filter(({ kind }) => kind !== 'file');
      const grains = wanted.map(({ position }) => position).toSorted((a, b) => a - b);
      expect([...layer.index.grains]).toEqual(grains);
    }
  },
);

test('zeros instead of what did not reach the medium end the layer as a cut does', async () => {
  const { file, ends } = await write(small, false);
  for (const [i, end] of ends.entries()) {
    const bytes = file.bytes.slice();
    bytes.fill(0, end);
    expect(await batchesOf(bytes)).toHaveLength(i + 1);
  }
});

test('the batches of an older layer in the same place are not taken for this one', async () => {
  const older = new MemoryFile();
  const writer = await LayerWriter.create(name, { ...header, run: versionId(0) }, older, hasher);
  for (const batch of small) await writer.append(batch);
  const { file, ends } = await write(small.slice(0, 2), false);
  const bytes = older.bytes.slice();
  bytes.set(file.bytes, 0);
  expect(bytes.length).toBeGreaterThan(ends[1] ?? 0);
  const { layer } = await open(bytes);
  expect([...(layer?.index.grains ?? [])]).toEqual([3, 4, 9]);
});

test('any flipped bit: the layer opens, is none, or is corrupt, and never holds a grain that was not displaced', async () => {
  const { file } = await write(small, true);
  const { length } = file.bytes;
  const grains = new Set(small.flat().map(({ position }) => position));
  const interesting = [
    ...Array.from({ length: 64 * 8 }, (_, i) => i * 2),
    ...Array.from({ length: 80 * 8 }, (_, i) => layerHeaderSize * 8 + i * 2),
    ...Array.from({ length: 64 * 8 }, (_, i) => (length - 64) * 8 + i),
    ...Array.from({ length: 64 * 8 }, (_, i) => (length - 64 - 4096) * 8 + i * 2),
  ];
  for (const bit of interesting) {
    try {
      const { layer } = await open(flipped(file.bytes, bit));
      for (const grain of layer?.index.grains ?? []) expect(grains.has(grain)).toBe(true);
    } catch (error) {
      if (!isSysimageError(error, 'corrupt')) throw new Error(`bit ${bit}`, { cause: error });
    }
  }
});

test('a missing layer is corrupt and named', async () => {
  await expect(openLayer(memoryTarget(new Map()), name, hasher)).rejects.toMatchObject({
    code: 'corrupt',
    context: { object: name },
  });
});

test('a batch that lies about numbers, with a right digest, makes the layer corrupt', async () => {
  const { file } = await write([[frame(5000), frame(512)]], false);
  const { head } = encodeBatch(
    { seq: 1, run, items: [zero(1), zero(2)].map((piece) => ({ ...piece, length: 0 })) },
    0,
    hasher,
  );
  const view = new DataView(head.buffer);
  view.setBigUint64(96 + 8, 2n ** 60n, true);
  head.fill(0, 64, 96);
  head.set(hasher.digest(head.subarray(0, 96 + 2 * 48)), 64);
  await expect(
    open(new Uint8Array([...file.bytes, ...new Uint8Array(-file.bytes.length & 4095), ...head])),
  ).rejects.toMatchObject({
    code: 'corrupt',
    context: { object: name },
  });
});
