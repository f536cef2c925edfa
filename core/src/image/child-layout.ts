import type { ExtentSet } from '@sysimage/extents';
import {
  differencingBitmap,
  encodeDifferencingRegion,
  encodeFooter,
  fileSize,
  planDifferencing,
  slotBitmapOffset,
  slotDataOffset,
  vhdBlockSize,
  vhdSectorSize,
} from '@sysimage/vhd';
import type { ExportLayout } from './export-layout.js';
import type { ImageIdentity } from './new-identity.js';

/** The file that a differencing file takes all else from. */
export interface ParentFile {
  /** Absolute. */
  readonly path: string;
  readonly identity: ImageIdentity;
}

/** Where the bytes that differ from a parent lie in a differencing VHD. */
export function childLayout(
  diskSize: number,
  changed: ExtentSet,
  identity: ImageIdentity,
  parent: ParentFile,
): ExportLayout {
  const plan = planDifferencing(diskSize, changed.clip(0, diskSize));
  const { layout, blocks } = plan;
  const slots = new Map(blocks.map((block, slot) => [block, slot]));
  const size = fileSize(layout, blocks.length);
  const name = parent.path.split('/').at(-1) ?? parent.path;
  return {
    size,
    dataEnd: size - vhdSectorSize,
    offsetOf: (offset) => {
      const slot = slots.get(Math.floor(offset / vhdBlockSize));
      if (slot === undefined) throw new RangeError(`byte ${offset} of the disk is not in the file`);
      return slotDataOffset(layout, slot) + (offset % vhdBlockSize);
    },
    *frames() {
      yield {
        offset: 0,
        bytes: encodeDifferencingRegion(plan, identity, {
          uuid: parent.identity.uuid,
          modifiedAt: parent.identity.createdAt,
          name,
          relativePath: `.\\${name}`,
          absolutePath: parent.path,
        }),
      };
      for (const [block, slot] of slots)
        yield { offset: slotBitmapOffset(layout, slot), bytes: differencingBitmap(plan, block) };
      yield { offset: size - vhdSectorSize, bytes: encodeFooter(diskSize, identity, 'differencing') };
    },
  };
}
