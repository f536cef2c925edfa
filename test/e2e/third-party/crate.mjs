// A target as a third party writes it: whole objects in one flat folder. Nothing but `@sysimage/core/plugin` is imported.
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defineTarget, isBelow, isObjectName, SysimageError } from '@sysimage/core/plugin';

const options = {
  parse(input) {
    if (typeof input?.folder === 'string') return { folder: input.folder };
    throw new SysimageError('invalid', 'The option "folder" must be a path');
  },
  jsonSchema: () => ({ type: 'object', properties: { folder: { type: 'string' } }, required: ['folder'] }),
};

async function openCrate({ folder }, host, purpose) {
  if (purpose === 'write') await mkdir(folder, { recursive: true });
  // No file may have more than 255 letters, and names may have twice as many: the rest goes into a folder.
  const path = (name) => join(folder, name.replaceAll('/', '!').replaceAll(/(.{200})(?=.)/gu, '$1+/'));
  const heed = ({ signal } = {}) => {
    if (signal?.aborted) throw new SysimageError('cancelled', 'cancelled');
  };
  const translate = (error) => {
    if (error.code === 'ENOENT') throw new SysimageError('not-found', error.message, { cause: error });
    if (error.code === 'ENOSPC') throw new SysimageError('no-space', error.message, { cause: error });
    throw error.code?.startsWith('E') ? new SysimageError('unavailable', error.message, { cause: error }) : error;
  };
  const syncFolders = async (below) => {
    const handle = await open(below);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (below !== folder) await syncFolders(dirname(below));
  };
  async function find(name, call) {
    heed(call);
    const found = await stat(path(name), { bigint: true }).catch((error) =>
      error.code === 'ENOENT' ? undefined : translate(error),
    );
    return found && { name, size: Number(found.size), state: `${found.ino}-${found.mtimeNs}` };
  }
  return {
    traits: {
      identity: `crate:${folder}`,
      location: folder,
      medium: 'disk',
      writeOnce: false,
      singleVersion: false,
      transport: 'local',
    },
    facets: {},
    stat: find,
    async *list(prefix, call) {
      heed(call);
      const names = (await readdir(folder, { recursive: true }).catch(() => []))
        .map((file) => file.replaceAll('+/', '').replaceAll('!', '/'))
        .filter(isObjectName);
      for (const name of names.toSorted()) {
        if (isBelow(name, prefix) && name > (call?.after ?? '')) yield await find(name, call);
      }
    },
    async *get(name, { start, end }, call) {
      const found = await find(name, call);
      if (!found || (call?.state ?? found.state) !== found.state) throw new SysimageError('not-found', `no ${name}`);
      if (end > found.size) throw new SysimageError('corrupt', `${name} ends at ${found.size}`);
      const handle = await open(path(name)).catch(translate);
      try {
        for (let at = start; at < end;) {
          heed(call);
          const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(1 << 20, end - at)), 0, undefined, at);
          if (bytesRead === 0) throw new SysimageError('corrupt', `${name} ends at ${at}`);
          yield buffer.subarray(0, bytesRead);
          at += bytesRead;
        }
      } finally {
        await handle.close();
      }
    },
    async put(name, size, chunks, call) {
      heed(call);
      const part = join(folder, `.part-${Buffer.from(host.random(8)).toString('hex')}`);
      const handle = await open(part, 'wx').catch(translate);
      try {
        let at = 0;
        for await (const chunk of chunks()) {
          heed(call);
          await handle.writeFile(chunk);
          at += chunk.length;
        }
        if (at !== size) throw new SysimageError('invalid', `${name}: ${at} bytes came instead of ${size}`);
        await handle.sync();
        await mkdir(dirname(path(name)), { recursive: true });
        await rename(part, path(name));
        await syncFolders(dirname(path(name)));
      } catch (error) {
        await rm(part, { force: true });
        translate(error);
      } finally {
        await handle.close();
      }
      return find(name);
    },
    async remove(name, call) {
      heed(call);
      await rm(path(name), { force: true }).catch(translate);
      if (await stat(dirname(path(name))).catch(() => undefined)) await syncFolders(dirname(path(name)));
    },
    close: async () => {},
  };
}

export const crate = defineTarget({
  kind: 'crate',
  description: 'A crate',
  facets: [],
  options,
  fromUrl: (url) => ({ folder: url.slice(6) }),
  open: openCrate,
});
export const plugin = { meta: { name: 'sysimage-target-crate', version: '1.0.0', api: 1 }, targets: [crate] };
