import { expect, test } from '@jest/globals';
import type { ObjectName } from '../../src/contract/names.js';
import { ChangeWriter } from '../../src/flow/change-writer.js';
import { readCatalog } from '../../src/image/catalog.js';
import { grainSize } from '../../src/image/grain.js';
import { vhdFormat } from '../../src/image/vhd-format.js';
import { InPlaceImage } from '../../src/image/in-place-image.js';
import { LayerWriter } from '../../src/image/layer-writer.js';
import { rollBack } from '../../src/image/roll-back.js';
import { hasher } from '../hasher.js';
import { MemoryFile } from '../memory-file.js';
import { memoryTarget } from '../memory-target.js';
import { diskRecord, names, objectsOf, runMark, versionId, versionRecord } from '../records.js';

const [one, two, run] = [versionId(1), versionId(2), versionId(3)];
const diskSize = 8 * 1024 * 1024;
const held = { lost: new AbortController().signal, assertHeld: () => undefined, release: () => Promise.resolve() };

function full(value: number): Uint8Array {
  return new Uint8Array(grainSize).fill(value);
}

/** An image that a version committed, and a run that was cut after it had changed it. */
async function cutRun(objects: Map<string, MemoryFile>, key: string, base: string): Promise<Uint8Array> {
  const name: ObjectName = names.firstImage(key, 'vhd');
  const file = new MemoryFile();
  const identity = { uuid: new Uint8Array(16), createdAt: new Date('2026-01-01T00:00:00.000Z') };
  const first = InPlaceImage.create(name, file, vhdFormat(diskSize, identity));
  await first.begin();
  await first.write(0, full(1));
  await first.write(1, full(2));
  await first.finish();
  const before = file.bytes.slice();
  const image = await InPlaceImage.open(name, file);
  const layerFile = new MemoryFile();
  const layerName = names.layer(key, base, run);
  const header = { diskSize, base, run, imageLength: before.length };
  const layer = await LayerWriter.create(layerName, header, layerFile, hasher);
  await layer.append(await image.beforeImage(hasher));
  await image.begin();
  const changes = new ChangeWriter(image, layer, hasher, held);
  await changes.displace(0, full(9), { kind: 'data', digest: hasher.digest(full(1)) });
  await changes.flushBatch();
  await changes.write([{ grain: 40, bytes: full(8) }], () => undefined);
  await changes.settled();
  objects.set(name, file);
  objects.set(layerName, layerFile);
  return before;
}

const disk = (key: string, id: string) =>
  diskRecord(id, {
    key,
    image: {
      name: names.firstImage(key, 'vhd'),
      kind: 'in-place',
      format: 'vhd',
      size: 1,
      headerDigest: '0'.repeat(64),
    },
  });

test.each([
  ['as it was put', false],
  ['that cannot be read any more', true],
])('a run that was cut is taken back on every disk, whichever version holds it; mark %s', async (_how, damaged) => {
  const marked = ['gpt-a', 'gpt-b'].map((key, i) => {
    const base = i === 0 ? one : two;
    return { key, image: names.firstImage(key, 'vhd'), layer: names.layer(key, base, run), base };
  });
  const objects = objectsOf({
    [names.version(one)]: versionRecord(one, { disks: [disk('gpt-a', one)] }),
    [names.version(two)]: versionRecord(two, { disks: [disk('gpt-b', two)] }),
    [names.run(run)]: damaged ? { nothing: 'known' } : runMark(run, marked),
  });
  const before = [await cutRun(objects, 'gpt-a', one), await cutRun(objects, 'gpt-b', two)];
  const target = memoryTarget(objects);
  const catalog = await readCatalog(target, 'pc', hasher);
  for (const mark of catalog.openRuns) await rollBack(target, catalog, mark, hasher, undefined);
  for (const [i, { image, layer }] of marked.entries()) {
    expect(Buffer.compare(objects.get(image)?.bytes ?? new Uint8Array(0), before[i] ?? new Uint8Array(0))).toBe(0);
    expect(objects.has(layer)).toBe(false);
  }
  expect(objects.has(names.run(run))).toBe(false);
});

test('a foreign file among the marks is no run to take back', async () => {
  const objects = objectsOf({ [names.version(one)]: versionRecord(one) }, [`${names.runs}/${'a'.repeat(50)}.json`]);
  const target = memoryTarget(objects);
  const catalog = await readCatalog(target, 'pc', hasher);
  for (const mark of catalog.openRuns) await rollBack(target, catalog, mark, hasher, undefined);
  expect((await readCatalog(target, 'pc', hasher)).openRuns).toEqual([]);
});
