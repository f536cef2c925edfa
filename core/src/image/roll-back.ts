import { isZero } from '@sysimage/bytes';
import { isSysimageError, SysimageError } from '../contract/errors.js';
import { openImage } from './choose-format.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Held, RandomFile, Target } from '../contract/target.js';
import type { RunMark } from '../model/version-record.js';
import { beforeImage, type BeforeImage } from './before-image.js';
import { isStray, newestOf, type Catalog } from './catalog.js';
import { equalBytes, grainSize } from './grain.js';
import { guardFile } from './guarded-file.js';
import { endMarkSize } from './layer-format.js';
import { openLayer, readBatches, type Layer } from './layer-reader.js';
import { parseLayerName } from './names.js';
import { asCorrupt, readerOf, readRange } from './object-io.js';
import { sweep } from './sweep.js';

/** No file system keeps holes in smaller units. */
const sectorSize = 512;
const zeros = new Uint8Array(grainSize);

/**
 * Takes back a run that was cut, so that the images are again what the newest version committed:
 *
 * 1. every grain that a whole batch of the layer holds goes back into the image, then table, footer and length; flush;
 * 2. the layers lose their end marks: a sealed one without a run mark is that of a complete version whose record went astray;
 * 3. the run mark is removed: from here on the run never was;
 * 4. what nobody refers to any more is swept away, the layer last of all.
 *
 * May itself be cut at any point and done again. Needs no space: it writes only where bytes were before. `held`: the lease under
 * which it is done; when that is lost it stops with `busy`, because somebody else may be at it.
 */
export async function rollBack(
  target: Target<'random'>,
  catalog: Catalog,
  mark: RunMark,
  hasher: Hasher,
  held: Held | undefined,
): Promise<void> {
  const disks = mark.disks.length > 0 ? mark.disks : await disksOfLostMark(target, catalog, mark.run);
  for (const disk of disks) {
    if (disk.layer !== undefined) await restoreImage(target, disk.image, disk.layer, hasher, held);
  }
  for (const { layer } of disks) if (layer !== undefined) await unseal(target, layer, hasher, held);
  held?.assertHeld();
  await target.remove(catalog.names.run(mark.run));
  await sweep(target, { ...catalog, openRuns: catalog.openRuns.filter((run) => run.run !== mark.run) }, held);
}

/**
 * What a damaged mark must have said: the layers on top of the newest version of each image, up to that of its run; the mark of a
 * deletion names several.
 */
async function disksOfLostMark(target: Target, catalog: Catalog, run: string): Promise<RunMark['disks']> {
  const disks: RunMark['disks'] = [];
  for (const version of catalog.versions) {
    for (const { key, image } of version.disks) {
      if (newestOf(catalog, image.name) !== version) continue;
      const above: RunMark['disks'] = [];
      let top = version.id;
      // Names sort by base, so what lies on a layer comes after it.
      for await (const { name } of target.list(catalog.names.layers(key))) {
        const layer = parseLayerName(name);
        if (layer?.base !== top || layer.run > run || isStray(catalog, name)) continue;
        above.unshift({ key, image: image.name, layer: name, base: layer.base });
        top = layer.run;
      }
      if (top === run) disks.push(...above);
    }
  }
  return disks;
}

/**
 * Makes sure that `rollBack` can do its work, before anything is given up for it. Errors: `corrupt` when a layer or the image it
 * belongs to is not whole.
 */
export async function assertCanRollBack(
  target: Target,
  disks: RunMark['disks'],
  hasher: Hasher,
  options?: CallOptions,
): Promise<void> {
  for (const { layer: name } of disks) {
    if (name === undefined) continue;
    const layer = await openLayer(target, name, hasher, options);
    const before = layer?.sealed === true ? await beforeImage(target, layer, hasher, options) : undefined;
    if (before === undefined) {
      throw new SysimageError('corrupt', `the layer ${name} is damaged: its image cannot be taken back`, {
        operation: 'roll back',
        context: { object: name },
        remedy: 'Nothing was changed. The versions that are there can still be restored, as far as verify says.',
      });
    }
    await openImage(before.read, before.size).catch((error: unknown) => {
      throw asCorrupt(error, name);
    });
  }
}

async function restoreImage(
  target: Target<'random'>,
  imageName: ObjectName,
  layerName: ObjectName,
  hasher: Hasher,
  held: Held | undefined,
): Promise<void> {
  const stat = await target.stat(layerName);
  const layer = stat === undefined ? undefined : await openLayer(target, layerName, hasher);
  const before = layer === undefined ? undefined : await beforeImage(target, layer, hasher);
  if (stat === undefined || layer === undefined || before === undefined) {
    // The mark is put after batch 0 is durable, so somebody else took the layer away.
    throw new SysimageError('corrupt', `the layer ${layerName} of an interrupted backup is missing or damaged`, {
      operation: 'roll back',
      context: { object: layerName },
      remedy:
        'The image may hold parts of two versions. Older versions may still be whole: restore one before anything is changed on the target.',
    });
  }
  const image = guardFile(await target.facets.random.open(imageName, { exclusive: true }), held);
  try {
    const opened = await openImage(before.read, before.size).catch((error: unknown) => {
      throw asCorrupt(error, layerName);
    });
    const put = async (grain: number, bytes: Uint8Array | undefined): Promise<void> => {
      const offset = grain * grainSize;
      const block = opened.blockOffset(Math.floor(offset / opened.blockSize));
      if (block === undefined) return;
      const place = block + (offset % opened.blockSize);
      await (bytes === undefined ? writeAroundHoles(image, place, zeros) : writeBack(image, place, bytes));
    };
    // Done once before, what lies below may have made it shorter than this layer knows it.
    if ((await image.size()) < before.size) await image.truncate(before.size);
    if (layer.sealed) await putIndexed(target, layer, put);
    else await putBatches(target, layer, stat.size, put, hasher);
    await restoreFrame(image, before);
    await image.flush();
  } finally {
    await image.close();
  }
}

/** What the layer holds stays, so that all can be done again. */
async function unseal(
  target: Target<'random'>,
  name: ObjectName,
  hasher: Hasher,
  held: Held | undefined,
): Promise<void> {
  if ((await openLayer(target, name, hasher))?.sealed !== true) return;
  const layer = guardFile(await target.facets.random.open(name, { exclusive: true }), held);
  try {
    await layer.truncate((await layer.size()) - endMarkSize);
    await layer.flush();
  } finally {
    await layer.close();
  }
}

type PutGrain = (grain: number, bytes: Uint8Array | undefined) => Promise<void>;

/** Of a sealed layer the index counts, as it does for readers: damage between the grains must not end what is put back. */
async function putIndexed(target: Target, { name, index }: Layer, put: PutGrain): Promise<void> {
  for (const [i, grain] of index.grains.entries()) {
    const at = index.offsets[i] ?? 0;
    await put(grain, at === 0 ? undefined : await readRange(target, name, at, at + grainSize));
  }
}

async function putBatches(
  target: Target,
  { name, header }: Layer,
  size: number,
  put: PutGrain,
  hasher: Hasher,
): Promise<void> {
  for await (const batch of readBatches(target, name, size, header, hasher)) {
    let at = batch.payloadOffset;
    for (const item of batch.items) {
      const from = at;
      at += item.length;
      if (item.kind === 'zero') await put(item.position, undefined);
      if (item.kind !== 'data') continue;
      const bytes = await readRange(target, name, from, at);
      // A grain whose bytes did not reach the layer was never overwritten: the flush of its batch did not return.
      if (bytes.length === grainSize && equalBytes(hasher.digest(bytes), item.digest)) await put(item.position, bytes);
    }
  }
}

async function writeBack(image: RandomFile, place: number, bytes: Uint8Array): Promise<void> {
  try {
    await image.write(place, bytes);
  } catch (error) {
    if (!isSysimageError(error, 'no-space')) throw error;
    await writeAroundHoles(image, place, bytes);
  }
}

/** Leaves alone what is zeros and is to be: a hole that the run did not come to would need space on a target that may be full. */
async function writeAroundHoles(image: RandomFile, place: number, bytes: Uint8Array): Promise<void> {
  const now = await readerOf(image)(place, bytes.length);
  const isHole = (at: number): boolean =>
    isZero(now.subarray(at, at + sectorSize)) && isZero(bytes.subarray(at, at + sectorSize));
  for (let start = 0; start < bytes.length;) {
    let end = start;
    while (end < bytes.length && !isHole(end)) end += sectorSize;
    if (end > start) await image.write(place + start, bytes.subarray(start, end));
    start = end + sectorSize;
  }
}

async function restoreFrame(image: RandomFile, before: BeforeImage): Promise<void> {
  await image.truncate(before.size);
  for (const { position, bytes } of before.parts) await image.write(position, bytes);
}
