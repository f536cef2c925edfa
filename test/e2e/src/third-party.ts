import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../../..');
/** What a plugin author installs: the kit brings core, and core brings the rooms below it. */
const published = [
  'packages/bytes',
  'packages/extents',
  'packages/vhd',
  'packages/vhdx',
  'packages/partition-table',
  'packages/filesystems',
  'packages/installed-systems',
  'core',
  'test/target-kit',
];

/**
 * A plugin in a folder of its own, outside the workspace: sysimage comes out of tarballs as they would be published, everything else
 * from the registry. Resolves with the folder of the plugin.
 */
export async function installThirdParty(folder: string): Promise<string> {
  const tarballs = join(folder, 'tarballs');
  const plugin = join(folder, 'plugin');
  mkdirSync(tarballs, { recursive: true });
  cpSync(join(import.meta.dirname, '../../third-party'), plugin, { recursive: true });
  for (const room of published) {
    await run('npx', ['--yes', packageManager(), 'pack', '--pack-destination', tarballs], { cwd: join(root, room) });
  }
  const files = Object.fromEntries(readdirSync(tarballs).map((file) => [nameOf(file), `file:${join(tarballs, file)}`]));
  const manifest: unknown = JSON.parse(readFileSync(join(plugin, 'package.json'), 'utf8'));
  const complete = { ...(typeof manifest === 'object' ? manifest : {}), dependencies: files };
  writeFileSync(join(plugin, 'package.json'), JSON.stringify(complete));
  await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: plugin });
  return plugin;
}

/** `sysimage-target-kit-0.1.0.tgz` is `@sysimage/target-kit`. */
function nameOf(file: string): string {
  return file.replace(/^sysimage-/u, '@sysimage/').replace(/-\d+\.\d+\.\d+\.tgz$/u, '');
}

function packageManager(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const found: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'packageManager') : undefined;
  if (typeof found !== 'string') throw new Error('the workspace names no package manager');
  return found;
}
