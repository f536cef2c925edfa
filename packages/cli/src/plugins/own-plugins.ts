import { fileURLToPath } from 'node:url';
import type { Plugin } from '@sysimage/core';
import { plugin as policies } from '@sysimage/policies-recommended';
import { fromManifest } from './configured-plugins.js';
import { loadPlugin } from './load-plugin.js';

/** The target plugins that come with the program. A new one is one line here. They are written out for the sake of the bundle. */
const packages: Readonly<Record<string, () => Promise<unknown>>> = {
  '@sysimage/target-directory': () => import('@sysimage/target-directory'),
  '@sysimage/target-ntfs': () => import('@sysimage/target-ntfs'),
  '@sysimage/target-smb': () => import('@sysimage/target-smb'),
  '@sysimage/target-s3': () => import('@sysimage/target-s3'),
  '@sysimage/target-optical': () => import('@sysimage/target-optical'),
};

/** Target plugins are loaded when they are used; the policies are small and always are. */
export async function ownPlugins(): Promise<readonly Plugin[]> {
  // The S3 client warns on standard error of every Node that is not the newest; the floor of this program is its own business.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const targets = Object.entries(packages).map(([name, load]) => {
    const manifest = fileURLToPath(import.meta.resolve(`${name}/package.json`));
    return fromManifest(name, manifest, () => loadPlugin(name, load));
  });
  return [...(await Promise.all(targets)), policies];
}
