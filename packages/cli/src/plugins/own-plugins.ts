import { fileURLToPath } from 'node:url';
import type { Plugin } from '@sysimage/core';
import { plugin as policies } from '@sysimage/policies-recommended';
import { fromManifest } from './configured-plugins.js';
import { loadPlugin } from './load-plugin.js';

/** The target plugins that come with the program. A new one is one line here. */
const packages = ['@sysimage/target-directory', '@sysimage/target-ntfs'];

/** Target plugins are loaded when they are used; the policies are small and always are. */
export async function ownPlugins(): Promise<readonly Plugin[]> {
  const targets = packages.map((name) => {
    const manifest = fileURLToPath(import.meta.resolve(`${name}/package.json`));
    return fromManifest(name, manifest, () => loadPlugin(name));
  });
  return [...(await Promise.all(targets)), policies];
}
