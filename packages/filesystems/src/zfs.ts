import { ByteView } from '@sysimage/bytes';
import type { Volume } from './volume.js';

/** The first label ends with a ring of uberblocks; the one written last may be anywhere in it. */
const ringOffset = 128 * 1024;
const ringSize = 128 * 1024;
const smallestSlot = 1024;
const magic = 0x00bab10cn;
const swappedMagic = 0x0cb1ba0000000000n;

/** A member of a ZFS pool, of a machine of either byte order. */
export async function isZfs(volume: Volume): Promise<boolean> {
  if (volume.size < ringOffset + ringSize) return false;
  const ring = new ByteView(await volume.read(ringOffset, ringSize), 'ZFS uberblocks', ringOffset);
  for (let at = 0; at < ringSize; at += smallestSlot) {
    if (ring.bits64le(at) === magic || ring.bits64le(at) === swappedMagic) return true;
  }
  return false;
}
