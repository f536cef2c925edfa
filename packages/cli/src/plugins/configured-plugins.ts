import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lazyTarget, pluginApi, SysimageError, type Plugin, type Policy } from '@sysimage/core';
import { loadPlugin } from './load-plugin.js';
import { nameOfManifest, partsOfManifest } from './manifest.js';

/**
 * The plugins that a configuration names. A package (by name, or the path of its folder) is known by its manifest and loaded when a
 * target of its kind is opened, or at once when it brings rules, which every plan needs; a single file has no manifest and is
 * loaded at once.
 */
export async function configuredPlugins(
  specifiers: readonly string[],
  configPath: string | undefined,
): Promise<readonly Plugin[]> {
  const folder = dirname(configPath ?? '/');
  return Promise.all(specifiers.map((specifier) => configuredPlugin(specifier, folder)));
}

async function configuredPlugin(specifier: string, folder: string): Promise<Plugin> {
  const isPath = specifier.startsWith('.') || specifier.startsWith('/');
  const path = isPath ? resolve(folder, specifier) : undefined;
  if (path !== undefined && !(await isFolder(path))) return loadPlugin(pathToFileURL(path).href);
  const require = createRequire(join(folder, 'config.yaml'));
  const manifest = path === undefined ? locate(require, `${specifier}/package.json`) : join(path, 'package.json');
  const inside = path === undefined ? require : createRequire(manifest);
  const entry = async (): Promise<string> => {
    const name = path === undefined ? specifier : nameOfManifest(await readFile(manifest, 'utf8'), manifest);
    return pathToFileURL(path === undefined ? locate(inside, name) : locateFolder(inside, name, path)).href;
  };
  return fromManifest(specifier, manifest, async () => loadPlugin(await entry()));
}

/** A plugin whose targets are those of the manifest, and whose code is loaded when one of them is opened, or for its rules. */
export async function fromManifest(name: string, manifest: string, load: () => Promise<Plugin>): Promise<Plugin> {
  const { targets, policies } = partsOfManifest(await readFile(manifest, 'utf8'), manifest);
  return {
    meta: { name, version: '', api: pluginApi },
    targets: targets.map((target) => lazyTarget(target, load)),
    policies: policies.length === 0 ? [] : announced(name, policies, await load()),
  };
}

/** The rules that the manifest names; all of them must be there, and no others. */
function announced(name: string, ids: readonly string[], { meta, policies = [] }: Plugin): readonly Policy[] {
  const found = policies.map((policy) => policy.meta.id);
  const differing = [...new Set([...ids, ...found])].filter((id) => !ids.includes(id) || !found.includes(id));
  if (differing.length === 0 && meta.api === pluginApi) return policies;
  throw new SysimageError(
    'invalid',
    `the plugin ${name} does not bring what its package.json announces: ${differing.join(', ')}`,
    {
      operation: 'load plugin',
    },
  );
}

/** By its own name, so that its `exports` count; one that has none is found by its `main`. */
function locateFolder(inside: NodeJS.Require, name: string, path: string): string {
  try {
    return inside.resolve(name);
  } catch {
    return locate(inside, `${path}/`);
  }
}

function locate(require: NodeJS.Require, specifier: string): string {
  try {
    return require.resolve(specifier);
  } catch (error) {
    throw new SysimageError('invalid', `the plugin ${specifier} is not installed`, {
      operation: 'load plugin',
      remedy: 'Install it beside the configuration file, or name the path of its folder.',
      cause: error,
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new SysimageError('invalid', `there is no plugin at ${path}`, { operation: 'load plugin' });
  return found.isDirectory();
}
