export interface Mount {
  readonly id: number;
  /** The mount that it is mounted on. */
  readonly parent: number;
  /** `major:minor` of the file system. */
  readonly device: string;
  /** Which folder of the file system is shown. */
  readonly root: string;
  readonly mountPoint: string;
  readonly fileSystem: string;
  /** What was mounted: a device, a file, a share, or any word. */
  readonly source: string;
  /** What the file system says of itself, escaped as the source is: `rw`, `upperdir=/a`. */
  readonly options: readonly string[];
  /** The file system itself is read-only, not only this view of it. */
  readonly readOnly: boolean;
}

/** Mounts in the order in which they were made; lines that are none are passed over. */
export function parseMounts(lines: readonly string[]): readonly Mount[] {
  return lines.flatMap((line) => parseMount(line) ?? []);
}

/** `id parent major:minor root mount-point options [tags…] - type source super-options` */
export function parseMount(line: string): Mount | undefined {
  const [front, back] = line.split(' - ');
  const [id, parent, device, root, mountPoint] = front?.split(' ') ?? [];
  const [fileSystem, source, superOptions = ''] = back?.split(' ') ?? [];
  if (
    device === undefined ||
    root === undefined ||
    mountPoint === undefined ||
    fileSystem === undefined ||
    source === undefined
  ) {
    return undefined;
  }
  const options = superOptions.split(',');
  return {
    id: Number(id),
    parent: Number(parent),
    device,
    root: unescapeMount(root),
    mountPoint: unescapeMount(mountPoint),
    fileSystem,
    source: unescapeMount(source),
    options,
    readOnly: options.includes('ro'),
  };
}

/**
 * The mount that a path lies on; `path` has no links. As the kernel finds it: from mount to mount, so that what was mounted over
 * others hides them and what is mounted in them.
 */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  const ids = new Set(mounts.map(({ id }) => id));
  const on = new Map<number | undefined, Mount[]>();
  for (const mount of mounts) {
    if (!covers(mount.mountPoint, path)) continue;
    const below = mount.id === mount.parent || !ids.has(mount.parent) ? undefined : mount.parent;
    const siblings = on.get(below) ?? [];
    siblings.push(mount);
    on.set(below, siblings);
  }
  let found: Mount | undefined;
  const seen = new Set<number>();
  for (
    let next = outermost(on.get(undefined));
    next !== undefined && !seen.has(next.id);
    next = outermost(on.get(next.id))
  ) {
    found = next;
    seen.add(next.id);
  }
  return found;
}

/** Where the kernel steps first; of equals, what was mounted last. */
function outermost(mounts: readonly Mount[] = []): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) if (mount.mountPoint.length <= (found?.mountPoint.length ?? Infinity)) found = mount;
  return found;
}

function covers(mountPoint: string, path: string): boolean {
  return mountPoint === '/' || `${path}/`.startsWith(`${mountPoint}/`);
}

/** Spaces and backslashes are written as three octal digits, of bytes, not of characters. */
export function unescapeMount(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replaceAll(/\\([0-7]{3})/gu, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
  return Buffer.from(plain, 'latin1').toString('utf8');
}
