import type { ExtentSet } from '@sysimage/extents';
import { vhdMaximumSize } from '@sysimage/vhd';
import { SysimageError } from '../contract/errors.js';
import { whyNoFormat } from './choose-format.js';
import { emptyTable, imageSize, noSlot, slotDataOffset, type DiskShape, type ImageFormat } from './image-format.js';
import type { ImageIdentity } from './new-identity.js';
import { vhdFormat } from './vhd-format.js';
import { vhdxFormat } from './vhdx-format.js';

export type ExportFormat = 'vhd' | 'vhdx' | 'raw';

/** Where the bytes of a disk lie in an exported file: known before the first one is read. */
export interface ExportLayout {
  /** Bytes of the file. */
  readonly size: number;
  /** End of what may hold bytes of the disk. */
  readonly dataEnd: number;
  /** Place in the file of a byte of the disk that lies in one of the extents; runs inside an aligned MiB stay together. */
  offsetOf(diskOffset: number): number;
  /** All that is not the disk: headers, tables, bitmaps. */
  frames(): Iterable<{ readonly offset: number; readonly bytes: Uint8Array }>;
}

/** `data`: what of the disk is not zeros. Errors: `invalid` when the format cannot hold the disk. */
export function exportLayout(
  format: ExportFormat,
  disk: DiskShape,
  data: ExtentSet,
  identity: ImageIdentity,
): ExportLayout {
  if (format === 'raw') {
    return { size: disk.size, dataEnd: disk.size, offsetOf: (offset) => offset, frames: () => [] };
  }
  assertHolds(format, disk);
  return imageLayout(format === 'vhd' ? vhdFormat(disk.size, identity) : vhdxFormat(disk, identity), data);
}

function imageLayout(format: ImageFormat, data: ExtentSet): ExportLayout {
  const { blockSize, slotFrame, footerSize } = format;
  const table = emptyTable(format);
  let slots = 0;
  for (const run of data.alignOut(blockSize)) {
    for (let block = run.start / blockSize; block < run.end / blockSize; block += 1) {
      table[block] = slots;
      slots += 1;
    }
  }
  const size = imageSize(format, slots);
  return {
    size,
    dataEnd: size - footerSize,
    offsetOf: (offset) => {
      const slot = table[Math.floor(offset / blockSize)] ?? noSlot;
      if (slot === noSlot) throw new RangeError(`byte ${offset} of the disk is not in the file`);
      return slotDataOffset(format, slot) + (offset % blockSize);
    },
    *frames() {
      yield { offset: 0, bytes: format.encodeHeader(table) };
      for (let slot = 0; slot < slots && slotFrame.length > 0; slot += 1)
        yield { offset: slotDataOffset(format, slot) - slotFrame.length, bytes: slotFrame };
      if (footerSize > 0) yield { offset: size - footerSize, bytes: format.encodeFooter() };
    },
  };
}

function assertHolds(format: 'vhd' | 'vhdx', disk: DiskShape): void {
  const why =
    format === 'vhdx'
      ? whyNoFormat(disk)
      : disk.sectorSize !== 512
        ? `its sectors have ${disk.sectorSize} bytes, and a VHD knows only 512`
        : disk.size > vhdMaximumSize
          ? `it has ${disk.size} bytes, and a VHD holds at most ${vhdMaximumSize}`
          : undefined;
  if (why === undefined) return;
  throw new SysimageError('invalid', `the disk cannot be exported as ${format}: ${why}`, {
    operation: 'export',
    remedy: 'Export it as vhdx, or as raw.',
  });
}
