import { readFile } from 'node:fs/promises';
import { run } from '@sysimage/fixtures';
import type { ArchivedFile } from './archive.js';

/** A program of this machine, or whatever loads libraries, by its path; then the libraries, where it looks for them. */
export async function toolFiles(tool: string): Promise<readonly [ArchivedFile, ...ArchivedFile[]]> {
  const path = tool.startsWith('/') ? tool : await pathOf(tool);
  // `name => path (address)`, or `path (address)` for the loader.
  const libraries = (await run('ldd', path)).matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gmu);
  const files: [ArchivedFile, ...ArchivedFile[]] = [await fileOf(path)];
  for (const [, library = ''] of libraries) files.push(await fileOf(library));
  return files;
}

async function pathOf(tool: string): Promise<string> {
  return (await run('sh', '-c', 'PATH="$PATH:/usr/sbin:/sbin"; command -v "$1"', 'sh', tool)).trim();
}

async function fileOf(path: string): Promise<ArchivedFile> {
  return { path: path.slice(1), mode: 0o755, bytes: await readFile(path) };
}
