import { throwIfCancelled, SysimageError, type ObjectName, type RandomAccess } from '@sysimage/core/plugin';
import { flushFolder, type Folders } from './folders.js';
import { createRandomFile } from './random-file.js';
import { everyone, orClose, parentOf, unlessMissing, type Share } from './share.js';
import type { SmbClient, SmbHandle, SmbOpen } from './smb-client.js';
import { statusOf } from './smb-error.js';
import { collision, missing, translated } from './statuses.js';

const attempts = 10;
/** Nobody else may write meanwhile, everybody may read. */
const exclusively: SmbOpen = { kind: 'file', access: ['read', 'write'], share: ['read'] };
/** A file that is open to all is opened for writing when somebody writes, so that it is in nobody's way before. */
const forReading: SmbOpen = { kind: 'file', access: ['read'], share: everyone };
const forWriting: SmbOpen = { kind: 'file', access: ['read', 'write'], share: everyone };

export function createRandomAccess(share: Share, folders: Folders): RandomAccess {
  /** `undefined` when it is there by now. */
  async function create(client: SmbClient, path: string, exclusive: boolean): Promise<SmbHandle | undefined> {
    let handle: SmbHandle;
    try {
      await folders.makeFor(client, path);
      handle = await client.open(path, { ...(exclusive ? exclusively : forWriting), create: true });
    } catch (error) {
      const status = statusOf(error);
      if (status !== undefined && missing.has(status)) folders.forget();
      else if (status !== collision) throw error;
      return undefined;
    }
    await orClose(client, handle, async () => {
      await client.flush(handle);
      await flushFolder(client, parentOf(path));
    });
    if (exclusive) return handle;
    await client.closeHandle(handle);
    return undefined;
  }

  return {
    async open(name, options) {
      const path = share.pathOf(name);
      const how = options.exclusive ? exclusively : forReading;
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        throwIfCancelled('open', options);
        const opened = await translated('open', name, async () => {
          const client = await share.client();
          const handle =
            (await unlessMissing(() => client.open(path, how))) ??
            (options.create === true ? await create(client, path, options.exclusive) : notFound(name));
          return handle === undefined ? undefined : { client, handle };
        });
        if (opened === undefined) continue;
        const { client, handle } = opened;
        return createRandomFile(
          name,
          client,
          handle,
          options.exclusive ? undefined : () => client.open(path, forWriting),
        );
      }
      throw new SysimageError('already-exists', `Something that is no object is in the place of "${name}"`, {
        operation: 'open',
        context: { name },
      });
    },
  };
}

function notFound(name: ObjectName): never {
  throw new SysimageError('not-found', `There is no object "${name}"`, { operation: 'open', context: { name } });
}
