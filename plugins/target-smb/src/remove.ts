import { throwIfCancelled, type CallOptions, type Host, type ObjectName } from '@sysimage/core/plugin';
import { flushFolder } from './folders.js';
import { temporaryName } from './leftovers.js';
import { everyone, joined, parentOf, unlessMissing, withHandle, type Share } from './share.js';
import { translated } from './statuses.js';

/** Renames first: as long as a reader has it open, a server keeps what was removed, and its name. */
export function createRemove(share: Share, host: Host) {
  return async (name: ObjectName, options?: CallOptions): Promise<void> => {
    throwIfCancelled('remove', options);
    await translated('remove', name, async () => {
      const client = await share.client();
      const path = share.pathOf(name);
      const folder = parentOf(path);
      await unlessMissing(() =>
        withHandle(client, path, { kind: 'file', access: ['delete'], share: everyone }, async (handle) => {
          await client.rename(handle, joined(folder, temporaryName(host)), { replace: false });
          await client.removeOnClose(handle, true);
        }),
      );
      // Also when it was gone already: whoever removed it may not have come this far.
      await unlessMissing(() => flushFolder(client, folder));
    });
  };
}
