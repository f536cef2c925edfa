import { createHash } from 'node:crypto';
import { chooseComputer, chooseVersion, isSysimageError, restore } from '@sysimage/core';
import { createMemoryTarget } from '@sysimage/target-memory';
import { engineServices } from './engine-services.js';
import type { Folder } from './folder.js';

/** SHA-256 of the only disk of a version, or the code of the error with which it is refused. */
export async function readWithEngine(folder: Folder, id: string): Promise<string> {
  const target = createMemoryTarget();
  for (const [name, bytes] of folder) target.store.set(name, bytes);
  const disks = new Map<string, Uint8Array>();
  const services = engineServices(disks, 512);
  try {
    const catalog = await chooseComputer(target, 'demo', services);
    const version = chooseVersion(catalog, id);
    const request = { target, catalog, version, recreateDisks: false, confirm: () => Promise.resolve(false) };
    await restore({ ...request, disks: new Map([[0, 'restored.img']]) }, services, () => undefined);
  } catch (error) {
    if (isSysimageError(error)) return error.code;
    throw error;
  }
  return createHash('sha256')
    .update(disks.get('restored.img') ?? new Uint8Array(0))
    .digest('hex');
}
