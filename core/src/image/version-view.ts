import { isSysimageError, SysimageError } from '../contract/errors.js';
import { openImage } from './choose-format.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import type { CallOptions, Target } from '../contract/target.js';
import type { DiskRecord, VersionRecord } from '../model/version-record.js';
import { beforeImage } from './before-image.js';
import { layerChain, readCatalog, type Catalog } from './catalog.js';
import type { OpenedImage } from './image-format.js';
import { openLayer, type Layer } from './layer-reader.js';
import { asCorrupt, corruptObject, readRange } from './object-io.js';

/** Through what a version of one disk is read, at one moment. */
export interface VersionView {
  readonly layers: readonly Layer[];
  readonly image: OpenedImage;
  /** Differs when a run went on between two looks. */
  readonly state: string;
}

/** Finds the layers and the table through which a version is read now. */
export async function viewVersion(
  target: Target,
  catalog: Catalog,
  version: VersionRecord,
  disk: DiskRecord,
  hasher: Hasher,
  options: CallOptions,
): Promise<VersionView> {
  const { image, key } = disk;
  const chain = image.kind === 'in-place' ? await layerChain(target, catalog, version, key, image.name, options) : [];
  const layers: Layer[] = [];
  let open: Layer | undefined;
  for (const link of chain) {
    const layer = await openLayer(target, link.name, hasher, options);
    if (layer !== undefined) layers.push(layer);
    if (layer !== undefined && link.entry === undefined) open = layer;
    if (layer === undefined && link.entry !== undefined)
      throw corruptObject(target, link.name, 'is not the layer that was recorded');
  }
  const stat = await target.stat(image.name, options);
  if (stat === undefined) {
    throw new SysimageError('corrupt', `the image ${image.name} is missing on ${target.traits.location}`, {
      context: { object: image.name },
    });
  }
  const opened = await readHeader(target, image.name, stat.size, open, hasher, options);
  const state = JSON.stringify([
    stat.size,
    chain.map((link) => link.name),
    layers.map((layer) => [layer.sealed, layer.index.grains.length]),
  ]);
  return { layers, image: opened, state };
}

/** The same with another look at what is there when a layer is not: a compaction may have put another one in its place meanwhile. */
export async function viewNow(
  target: Target,
  catalog: Catalog,
  version: VersionRecord,
  disk: DiskRecord,
  hasher: Hasher,
  options: CallOptions,
): Promise<VersionView> {
  for (let before = catalog; ;) {
    try {
      return await viewVersion(target, before, version, disk, hasher, options);
    } catch (error) {
      if (!isSysimageError(error, 'corrupt') && !isSysimageError(error, 'not-found')) throw error;
      const now = await readCatalog(target, catalog.folder, hasher, options);
      const [known, latest] = [before, now].map(({ compactions }) => compactions.map(({ id }) => id).join());
      if (known === latest) throw error;
      before = now;
    }
  }
}

/** Table of the image: as it was before an open run, if there is one. */
async function readHeader(
  target: Target,
  image: ObjectName,
  size: number,
  open: Layer | undefined,
  hasher: Hasher,
  options: CallOptions,
): Promise<OpenedImage> {
  const before = open === undefined ? undefined : await beforeImage(target, open, hasher, options);
  try {
    if (before === undefined)
      return await openImage((offset, length) => readRange(target, image, offset, offset + length, options), size);
    return await openImage(before.read, before.size);
  } catch (error) {
    throw asCorrupt(error, image);
  }
}
