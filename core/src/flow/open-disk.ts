import { isSysimageError, SysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import type { Hasher } from '../contract/services.js';
import { supports, type RandomFile, type Target } from '../contract/target.js';
import { formatKind } from '../image/choose-format.js';
import { guardFile } from '../image/guarded-file.js';
import { InPlaceImage } from '../image/in-place-image.js';
import { LayerWriter } from '../image/layer-writer.js';
import { readAllocation, readShard } from '../image/read-map.js';
import type { PlannedDisk } from '../model/plan.js';
import type { DiskRecord } from '../model/version-record.js';
import { baseFor, type Base } from '../plan/base-for.js';
import { openUnfinished } from './open-unfinished.js';
import type { RunContext } from './run-context.js';

/** One disk of a run, with its image open and the layer for what it displaces. */
export interface OpenDisk {
  readonly plan: PlannedDisk;
  readonly imageName: ObjectName;
  /** The newest version in this image. */
  readonly base: Base<DiskRecord> | undefined;
  /** The version whose image this one began as a copy of, which shares its bytes. */
  readonly captured?: Base<DiskRecord>;
  readonly layer: LayerWriter | undefined;
  /** Opened before the mark when there is a base, and made after it otherwise. */
  image: InPlaceImage | undefined;
  readonly touched: boolean;
  /** `image` is what a first backup left behind when it was cut. */
  readonly unfinished?: boolean;
  /** Why the image of earlier versions cannot be used any more. */
  readonly abandoned?: string;
}

/**
 * Opens the image of a disk and makes the layer for what it will lose; where the place keeps states itself, opens a copy of it; or
 * decides that a new image begins.
 */
export async function openDisk(context: RunContext, target: Target<'random'>, plan: PlannedDisk): Promise<OpenDisk> {
  const { catalog, run, services } = context;
  const { names } = catalog;
  const { hasher } = services;
  const found = baseFor(catalog, plan);
  if (found === undefined) return newGeneration(context, target, plan, whyNoBase(catalog, plan));
  const unreadable = await whyMapsAreUnreadable(target, found.disk, hasher);
  if (unreadable !== undefined) return newGeneration(context, target, plan, unreadable);
  const { image: entry } = found.disk;
  const stat = await target.stat(entry.name);
  if (stat === undefined) return newGeneration(context, target, plan, `${entry.name} is missing`);
  const file = guardFile(await target.facets.random.open(entry.name, { exclusive: true }), context.held);
  let image: InPlaceImage;
  try {
    image = await InPlaceImage.open(entry.name, file);
    if (image.format.diskSize !== plan.layout.size) {
      throw new SysimageError('corrupt', `${entry.name} is the image of a disk of ${image.format.diskSize} bytes`);
    }
  } catch (error) {
    await file.close();
    if (!isSysimageError(error, 'corrupt')) throw error;
    return newGeneration(context, target, plan, error.message);
  }
  const touched =
    context.checkImages || image.headerDigest(hasher) !== entry.headerDigest || stat.state !== entry.state;
  // What was touched is mended where it lies, so that older versions are whole again.
  const copy = touched ? undefined : await openCopy(context, target, plan, found, image);
  if (copy !== undefined) return copy;
  const layerName = names.layer(plan.key, found.version.id, run);
  const header = { diskSize: plan.layout.size, base: found.version.id, run, imageLength: stat.size };
  let layerFile: RandomFile | undefined;
  try {
    layerFile = await createFile(target, layerName);
    const layer = await LayerWriter.create(layerName, header, layerFile, hasher);
    await layer.append(await image.beforeImage(hasher));
    await layer.flush();
    return { plan, imageName: entry.name, base: found, layer, image, touched };
  } catch (error) {
    await image.close().catch(() => undefined);
    await layerFile?.close().catch(() => undefined);
    throw error;
  }
}

/** An image that holds what the newest one holds, and leaves that as it is; `undefined` where the place makes none. */
async function openCopy(
  { catalog, run, held }: RunContext,
  target: Target<'random'>,
  plan: PlannedDisk,
  captured: Base<DiskRecord>,
  image: InPlaceImage,
): Promise<OpenDisk | undefined> {
  if (!supports(target, 'history')) return undefined;
  const imageName = catalog.names.image(plan.key, run, image.format.kind);
  try {
    held?.assertHeld();
    await target.facets.history.capture(image.name, imageName);
  } catch (error) {
    if (isSysimageError(error, 'unsupported')) return undefined;
    await image.close().catch(() => undefined);
    throw error;
  }
  await image.close();
  const file = guardFile(await target.facets.random.open(imageName, { exclusive: true }), held);
  try {
    const copy = await InPlaceImage.open(imageName, file);
    return { plan, imageName, base: undefined, captured, layer: undefined, image: copy, touched: false };
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}

/** A new image: the first of this disk, or one beside an image that does not fit the disk or cannot be read any more. */
async function newGeneration(
  { catalog, run, held }: RunContext,
  target: Target<'random'>,
  plan: PlannedDisk,
  abandoned?: string,
): Promise<OpenDisk> {
  const { names, versions } = catalog;
  const unfinished = await openUnfinished(target, catalog, plan, held);
  if (unfinished !== undefined) {
    const why = abandoned === undefined ? {} : { abandoned };
    return { plan, ...unfinished, unfinished: true, base: undefined, layer: undefined, touched: true, ...why };
  }
  const kind = formatKind(plan.layout);
  const first = names.firstImage(plan.key, kind);
  const isTaken = versions.some(({ disks }) => disks.some(({ image }) => image.name === first));
  const imageName = !isTaken && (await target.stat(first)) === undefined ? first : names.image(plan.key, run, kind);
  const nothing = { base: undefined, layer: undefined, image: undefined, touched: false };
  return { plan, imageName, ...nothing, ...(abandoned === undefined ? {} : { abandoned }) };
}

/** Without its maps nobody knows what the image holds. */
async function whyMapsAreUnreadable(target: Target, disk: DiskRecord, hasher: Hasher): Promise<string | undefined> {
  try {
    await readAllocation(target, disk, hasher);
    for (const { shard } of disk.shards) await readShard(target, disk, shard, hasher);
    return undefined;
  } catch (error) {
    if (isSysimageError(error, 'corrupt')) return error.message;
    throw error;
  }
}

/** A version of the disk that cannot be read any more is a reason to begin anew that the user must hear of. */
function whyNoBase({ versions, lost }: RunContext['catalog'], { key }: PlannedDisk): string | undefined {
  const last = versions.findLast(({ disks }) => disks.some((disk) => disk.key === key));
  const newer = lost.find(({ id }) => last !== undefined && id > last.id);
  return newer === undefined ? undefined : `version ${newer.id} cannot be read: ${newer.reason}`;
}

/** A new and empty object. */
export async function createFile(target: Target<'random'>, name: ObjectName): Promise<RandomFile> {
  return target.facets.random.open(name, { create: true, exclusive: true });
}
