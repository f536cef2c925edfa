import type { ObjectName } from '../contract/names.js';
import type { FoundDamage } from '../model/damage.js';
import type { LayerCheck } from './check-layer.js';
import { digestSize, equalBytes, grainSize } from './grain.js';
import type { LayerBatch } from './layer-format.js';
import type { Layer } from './layer-reader.js';
import { readRange } from './object-io.js';
import { ObjectReader } from './object-reader.js';
import { readAhead } from './read-ahead.js';
import { readAround } from './read-around.js';

type Item = LayerBatch['items'][number];

/** Grains read at once: 2 MiB. */
const grainsPerRead = 32;
/** Reads that go on while one is looked at. */
const readsAhead = 3;

/** Reads the payloads of a batch: what it has of the image file always, and of its grains those that are wanted. */
export async function* checkPayload(check: LayerCheck, layer: Layer, batch: LayerBatch): AsyncGenerator<FoundDamage> {
  const { target, options = {} } = check;
  const object = layer.name;
  const grains: Placed[] = [];
  for (const placed of placedItems(batch)) {
    if (placed.item.kind === 'file') yield* checkFileBytes(check, layer, placed);
    else if (check.wanted(object, placed.start)) grains.push(placed);
  }
  const objects = new ObjectReader(target, options);
  // Where somebody may have to change a disc, reads go one after the other.
  const ahead = target.facets.media === undefined ? readsAhead : 0;
  const read = async (run: readonly Placed[], buffer: Uint8Array): Promise<ReadRun> => {
    const bytes = buffer.subarray(0, run.length * grainSize);
    return { run, bytes, lost: await readAround(objects, object, run[0]?.start ?? 0, bytes) };
  };
  try {
    for await (const part of readAhead(runsOf(grains), { ahead, size: grainsPerRead * grainSize }, read)) {
      yield* checkGrains(check, object, part);
      check.onRead(part.bytes.length, part.run[0]?.start ?? 0);
    }
  } finally {
    await objects.close();
  }
}

/** An item with bytes, and the offset of these in the layer. */
interface Placed {
  readonly item: Item;
  readonly start: number;
}

interface ReadRun {
  readonly run: readonly Placed[];
  readonly bytes: Uint8Array;
  /** Indexes of the grains that the target cannot read. */
  readonly lost: ReadonlySet<number>;
}

function* placedItems({ items, payloadOffset }: LayerBatch): Generator<Placed> {
  let start = payloadOffset;
  for (const item of items) {
    if (item.length > 0) yield { item, start };
    start += item.length;
  }
}

/** Grains that lie one after the other. */
function* runsOf(grains: readonly Placed[]): Generator<readonly Placed[]> {
  let run: Placed[] = [];
  for (const placed of grains) {
    const follows = placed.start === (run[0]?.start ?? 0) + run.length * grainSize;
    if (run.length > 0 && (!follows || run.length === grainsPerRead)) {
      yield run;
      run = [];
    }
    run.push(placed);
  }
  if (run.length > 0) yield run;
}

async function* checkGrains(
  { hasher }: LayerCheck,
  object: ObjectName,
  { run, bytes, lost }: ReadRun,
): AsyncGenerator<FoundDamage> {
  const digests = await hasher.digestEach(bytes, grainSize);
  for (const [i, { item, start }] of run.entries()) {
    const digest = digests.subarray(i * digestSize, (i + 1) * digestSize);
    if (!lost.has(i) && equalBytes(digest, item.digest)) continue;
    const what = `grain ${item.position} of the disk does not have its digest`;
    yield { object, start, end: start + grainSize, what, grain: item.position };
  }
}

/** A version is read by the index; these are for taking back its run. */
async function* checkFileBytes(
  { target, hasher, options }: LayerCheck,
  { name: object, sealed: harmless }: Layer,
  { item, start }: Placed,
): AsyncGenerator<FoundDamage> {
  const end = start + item.length;
  const bytes = await readRange(target, object, start, end, options);
  if (equalBytes(hasher.digest(bytes), item.digest)) return;
  yield { object, start, end, what: 'saved bytes of the image do not have their digest', harmless };
}
