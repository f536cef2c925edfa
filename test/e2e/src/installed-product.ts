import { cp, mkdir, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { at } from './json.js';

const command = fileURLToPath(new URL('../../../../packages/cli', import.meta.url));

/**
 * Copies the command with all that it needs below a folder, as it would be installed from published packages. Of the plugins that are not
 * named only what says that they are there: nobody may use them. Resolves with the paths of all native modules in it.
 */
export async function installProduct(folder: string, plugins: readonly string[]): Promise<readonly string[]> {
  const installed = new Set<string>();
  const install = async (name: string, source: string): Promise<void> => {
    if (installed.has(name)) return;
    installed.add(name);
    const to = join(folder, 'node_modules', name);
    await mkdir(to, { recursive: true });
    const manifest: unknown = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
    if (source.includes('/plugins/target-') && !plugins.includes(name)) {
      await cp(join(source, 'package.json'), join(to, 'package.json'));
      return;
    }
    await cp(source, to, { recursive: true, filter: (path) => isPublished(path.slice(source.length)) });
    for (const needed of [...keysOf(at(manifest, 'dependencies')), ...keysOf(at(manifest, 'optionalDependencies'))]) {
      const found = await find(needed, source);
      // What is for another platform is not there.
      if (found !== undefined) await install(needed, found);
    }
  };
  await install('@sysimage/cli', await realpath(command));
  const native = `prebuilds/${process.platform}-${process.arch}/`;
  return (await readdir(folder, { recursive: true }))
    .filter((path) => path.endsWith('.node') && (!path.includes('prebuilds/') || path.includes(native)))
    .map((path) => join(folder, path));
}

function isPublished(path: string): boolean {
  return !/^\/(?:node_modules|src|test|dist\/test)(?:\/|$)|\.map$/u.test(path);
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** Where Node would find a package. */
async function find(name: string, from: string): Promise<string | undefined> {
  const place = await realpath(join(from, 'node_modules', name)).catch(() => undefined);
  if (place !== undefined || dirname(from) === from) return place;
  return find(name, dirname(from));
}
