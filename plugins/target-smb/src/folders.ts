import type { SmbClient } from './smb-client.js';
import { everyone, joined, parentOf, withHandle } from './share.js';
import { statusOf } from './smb-error.js';
import { collision } from './statuses.js';

/** The folders between the root of the share and the objects. */
export interface Folders {
  /** Makes the folder of a path and all above it that are missing, durably. */
  makeFor(client: SmbClient, path: string): Promise<void>;
  /** Someone removed folders: look again. */
  forget(): void;
}

export function createFolders(): Folders {
  const durable = new Set(['']);
  return {
    async makeFor(client, path) {
      let parent = '';
      for (const segment of parentOf(path).split('/').filter(Boolean)) {
        const folder = joined(parent, segment);
        if (!durable.has(folder)) {
          await makeFolder(client, folder);
          // Also when another process made it: it may not have come this far.
          await flushFolder(client, parent);
          durable.add(folder);
        }
        parent = folder;
      }
    },
    forget: () => {
      durable.clear();
      durable.add('');
    },
  };
}

async function makeFolder(client: SmbClient, path: string): Promise<void> {
  const folder = { kind: 'folder', access: [], share: everyone } as const;
  try {
    await withHandle(client, path, { ...folder, create: true }, async () => {});
  } catch (error) {
    if (statusOf(error) !== collision) throw error;
    // Fails when it is a file.
    await withHandle(client, path, folder, async () => {});
  }
}

/** Makes the entries of a folder durable, as far as the server lets one ask for it. */
export async function flushFolder(client: SmbClient, path: string): Promise<void> {
  try {
    await withHandle(client, path, { kind: 'folder', access: ['write'], share: everyone }, (handle) =>
      client.flush(handle),
    );
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined || !cannotFlush.has(status)) throw error;
  }
}

/** Of a folder. Servers that say so keep their entries in a journal of their own. */
const cannotFlush: ReadonlySet<number> = new Set([
  0xc0000022, // ACCESS_DENIED
  0xc0000008, // INVALID_HANDLE
  0xc000000d, // INVALID_PARAMETER
  0xc0000010, // INVALID_DEVICE_REQUEST
  0xc0000002, // NOT_IMPLEMENTED
  0xc00000bb, // NOT_SUPPORTED
  0xc00000ba, // FILE_IS_A_DIRECTORY
]);
