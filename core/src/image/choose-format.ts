import type { ReadAt } from '@sysimage/bytes';
import { vhdMaximumSize } from '@sysimage/vhd';
import { vhdxMaximumSize } from '@sysimage/vhdx';
import type { DiskShape, ImageFormat, ImageKind, OpenedImage } from './image-format.js';
import type { ImageIdentity } from './new-identity.js';
import { openVhd, vhdFormat } from './vhd-format.js';
import { openVhdx, vhdxFormat } from './vhdx-format.js';

/** Why no image format holds such a disk; `undefined` when one does. */
export function whyNoFormat({ size, sectorSize }: DiskShape): string | undefined {
  if (sectorSize !== 512 && sectorSize !== 4096)
    return `its sectors have ${sectorSize} bytes, and images know 512 and 4096`;
  if (size > vhdxMaximumSize) return `it has ${size} bytes, and a VHDX holds at most ${vhdxMaximumSize}`;
  return undefined;
}

/** The kind of image that a disk gets: a VHD, which every program opens, unless only a VHDX can hold it. */
export function formatKind({ size, sectorSize }: DiskShape): ImageKind {
  return sectorSize === 512 && size <= vhdMaximumSize ? 'vhd' : 'vhdx';
}

/** The format for a disk. Throws `RangeError` for a disk that none holds. */
export function formatFor(disk: DiskShape, identity: ImageIdentity): ImageFormat {
  return formatKind(disk) === 'vhd' ? vhdFormat(disk.size, identity) : vhdxFormat(disk, identity);
}

const vhdxMagic = 'vhdxfile';

/** Reads the header of an image of any format. Throws `FormatError`. */
export async function openImage(read: ReadAt, fileSize: number): Promise<OpenedImage> {
  const start = fileSize < vhdxMagic.length ? new Uint8Array(0) : await read(0, vhdxMagic.length);
  return String.fromCharCode(...start) === vhdxMagic ? openVhdx(read, fileSize) : openVhd(read, fileSize);
}
