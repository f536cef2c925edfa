import { isSysimageError } from '../contract/errors.js';
import type { ObjectName } from '../contract/names.js';
import type { Held, Target } from '../contract/target.js';
import type { Catalog } from '../image/catalog.js';
import { formatKind } from '../image/choose-format.js';
import { guardFile } from '../image/guarded-file.js';
import { InPlaceImage } from '../image/in-place-image.js';
import type { PlannedDisk } from '../model/plan.js';
import type { RunMark } from '../model/version-record.js';

/** True for a run that wrote first images only: nothing has to be taken back, and what it wrote can be gone on with. */
export function isFirst(mark: RunMark): boolean {
  return mark.disks.length > 0 && mark.disks.every(({ layer, base }) => layer === undefined && base === undefined);
}

/** The image that a first backup of a disk left behind when it was cut, the newest if there are several. */
export async function openUnfinished(
  target: Target<'random'>,
  { openRuns }: Catalog,
  { key, layout }: PlannedDisk,
  held: Held | undefined,
): Promise<{ readonly imageName: ObjectName; readonly image: InPlaceImage } | undefined> {
  for (const mark of openRuns.filter(isFirst).toReversed()) {
    const disk = mark.disks.find((candidate) => candidate.key === key);
    const image = disk === undefined ? undefined : await tryOpen(target, disk.image, held);
    if (disk === undefined || image === undefined) continue;
    const { diskSize, kind } = image.format;
    if (image.isDense && diskSize === layout.size && kind === formatKind(layout))
      return { imageName: disk.image, image };
    await image.close();
  }
  return undefined;
}

async function tryOpen(
  target: Target<'random'>,
  name: ObjectName,
  held: Held | undefined,
): Promise<InPlaceImage | undefined> {
  if ((await target.stat(name)) === undefined) return undefined;
  const file = guardFile(await target.facets.random.open(name, { exclusive: true }), held);
  try {
    return await InPlaceImage.open(name, file);
  } catch (error) {
    await file.close();
    // Cut before the first checkpoint.
    if (isSysimageError(error, 'corrupt')) return undefined;
    throw error;
  }
}
