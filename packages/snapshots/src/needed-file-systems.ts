import { readdir, readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { DisksBelow } from '@sysimage/core/plugin';

/** Where this process writes, and what it is made of: its files, its libraries, its open files, its folders. */
export async function ownPaths(): Promise<ReadonlySet<string>> {
  const { execPath, argv } = process;
  const open = await linksIn('/proc/self/fd');
  // Told also of a folder that was removed, whose file system is needed all the same.
  const folder = await readlink('/proc/self/cwd').catch(() => '');
  const mapped = (await readFile('/proc/self/maps', 'utf8').catch(() => '')).split('\n').map(mappedFile);
  const all = [execPath, ...argv.slice(1, 2), folder, tmpdir(), '/', ...open, ...mapped];
  return new Set(all.filter((path) => path.startsWith('/')));
}

/** Files that memory is paged out to: whoever needs a page from one waits while what it lies on is suspended (proc_swaps(5)). */
export async function swapFiles(table = '/proc/swaps'): Promise<readonly string[]> {
  const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n');
  return lines.flatMap((line) => {
    const path = /^(\/\S*)\s+file\s/u.exec(line)?.[1];
    return path === undefined ? [] : [path.replaceAll(/\\([0-7]{3})/gu, (_, octal: string) => character(octal))];
  });
}

function character(octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8));
}

/** Every file system that one of these paths lies on, at any depth: also the one that holds the image of another. */
export async function fileSystemsBelow(
  paths: Iterable<string>,
  disksBelow: (path: string) => Promise<DisksBelow>,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const path of paths) for (const { id } of (await disksBelow(path)).fileSystems ?? []) found.add(id);
  return found;
}

async function linksIn(folder: string): Promise<readonly string[]> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
}

/** `address permissions offset device inode path` */
function mappedFile(line: string): string {
  return /^\S+ \S+ \S+ \S+ \d+ +(\/.*)$/u.exec(line)?.[1] ?? '';
}
