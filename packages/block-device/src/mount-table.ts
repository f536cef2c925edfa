import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SystemRoots } from './system-roots.js';

export interface Mount {
  /** `major:minor` of the file system. */
  readonly device: string;
  readonly mountPoint: string;
  readonly fileSystem: string;
  /** What was mounted: a device, a file, a share, or any word. */
  readonly source: string;
  /** The file system itself is read-only, not only this view of it. */
  readonly readOnly: boolean;
}

/** The mounts that this process sees, in the order in which they were made. */
export async function readMounts({ procRoot }: SystemRoots): Promise<readonly Mount[]> {
  const text = await readFile(join(procRoot, 'self/mountinfo'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => parseMount(line) ?? []);
}

/** `id parent major:minor root mount-point options [tags…] - type source super-options` */
export function parseMount(line: string): Mount | undefined {
  const [front, back] = line.split(' - ');
  const [, , device, , mountPoint] = front?.split(' ') ?? [];
  const [fileSystem, source, superOptions] = back?.split(' ') ?? [];
  if (device === undefined || mountPoint === undefined || fileSystem === undefined || source === undefined) {
    return undefined;
  }
  return {
    device,
    mountPoint: unescape(mountPoint),
    fileSystem,
    source: unescape(source),
    readOnly: superOptions?.split(',').includes('ro') ?? false,
  };
}

/** The mount that a path lies on; `path` has no links. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const folder = mount.mountPoint === '/' ? '/' : `${mount.mountPoint}/`;
    // A later mount on the same point hides the earlier one.
    if (!`${path}/`.startsWith(folder) || (found?.mountPoint.length ?? 0) > mount.mountPoint.length) continue;
    found = mount;
  }
  return found;
}

/** Spaces and backslashes are written as three octal digits, of bytes, not of characters. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replaceAll(/\\([0-7]{3})/gu, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
  return Buffer.from(plain, 'latin1').toString('utf8');
}
