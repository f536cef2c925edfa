import type { Host } from '@sysimage/core/plugin';
import { joined, withHandle } from './share.js';
import type { SmbClient } from './smb-client.js';
import { statusOf } from './smb-error.js';

// A name that starts with a dot is never the name of an object.
const prefix = '.sysimage-put-';
const pattern = /^\.sysimage-put-[0-9a-f]{32}$/u;

export function temporaryName(host: Host): string {
  return `${prefix}${Buffer.from(host.random(16)).toString('hex')}`;
}

/**
 * Removes what was left of puts that a lost connection cut. Safe at any time: a put that lives holds its file open and
 * shares it with nobody, so the server refuses this open, wherever it comes from.
 */
export async function sweepLeftovers(client: SmbClient, folder: string, host: Host): Promise<void> {
  const names: string[] = [];
  await withHandle(
    client,
    folder,
    { kind: 'folder', access: ['read'], share: ['read', 'write', 'delete'] },
    async (handle) => {
      for await (const page of client.list(handle)) {
        for (const { name, kind } of page) if (kind === 'file' && pattern.test(name)) names.push(name);
      }
    },
  );
  for (const name of names) {
    try {
      await withHandle(client, joined(folder, name), { kind: 'file', access: ['delete'], share: [] }, (handle) =>
        client.removeOnClose(handle, true),
      );
      host.log('target-smb.leftover-removed', { folder, name });
    } catch (error) {
      // In use, or one that cannot be removed: in nobody's way but the disk's.
      if (statusOf(error) === undefined) throw error;
    }
  }
}
