import { defineTarget, pluginApi, type History, type Host, type Plugin } from '@sysimage/core/plugin';
import { canShareBlocks, createHistory, folderFromUrl, openFolder } from '@sysimage/folder-target';
import { directoryOptions } from './options.js';

/** File systems whose files may share blocks; an XFS that was made without it does not. */
const sharing: ReadonlySet<string> = new Set(['btrfs', 'xfs']);

export const directory = defineTarget({
  kind: 'dir',
  description: 'A folder on a local file system',
  facets: ['random', 'capacity'],
  maybe: ['history'],
  options: directoryOptions,
  fromUrl: folderFromUrl('dir'),
  path: ({ path }) => path,
  async open({ reflinks = true, ...options }, host, purpose) {
    const folder = await openFolder({ kind: 'dir', ...options }, host, purpose);
    const { location, fileSystem = '' } = folder.traits;
    const history = reflinks && sharing.has(fileSystem) ? await historyOf(location, host) : undefined;
    return history === undefined ? folder : { ...folder, facets: { ...folder.facets, history } };
  },
});

/** Where it cannot be tried, it is taken to do what such a file system does as it is made today. */
async function historyOf(root: string, host: Host): Promise<History | undefined> {
  return (await canShareBlocks(root)) === false ? undefined : createHistory(root, host);
}

export const plugin: Plugin = {
  meta: { name: '@sysimage/target-directory', version: '0.1.0', api: pluginApi },
  targets: [directory],
};
