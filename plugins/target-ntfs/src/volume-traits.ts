import { createDisks, type Mount } from '@sysimage/block-device';
import type { VolumeTraits } from '@sysimage/core/plugin';
import { readFileSystem, type FileSystem } from '@sysimage/filesystems';

/** What a volume says of itself, for people and policies. */
export function volumeTraits({ label, unitSize, state, stateReason }: FileSystem): VolumeTraits {
  return {
    ...(label === undefined ? {} : { label }),
    ...(unitSize === undefined ? {} : { clusterSize: unitSize }),
    state,
    ...(stateReason === undefined ? {} : { stateReason }),
  };
}

/** The same of a volume that is mounted; `undefined` when its device cannot be read, which needs root. */
export async function volumeTraitsAt({ source, fileSystem }: Mount): Promise<VolumeTraits | undefined> {
  const device = await createDisks()
    .openSource(source)
    .catch(() => undefined);
  if (device === undefined) return undefined;
  try {
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length);
      await device.read(offset, bytes);
      return bytes;
    };
    const found = await readFileSystem(read, { size: device.size });
    if (found?.type !== 'ntfs') return undefined;
    // The kernel's drivers mark a volume for as long as they have it mounted: that says nothing.
    const marksMounted = !fileSystem.startsWith('fuse');
    return volumeTraits(marksMounted ? { ...found, state: 'unknown', stateReason: undefined } : found);
  } catch {
    return undefined;
  } finally {
    await device.close();
  }
}
