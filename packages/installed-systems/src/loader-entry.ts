/** What a boot loader starts a Linux with. Volumes are named as mount(8) names them: `UUID=…`, `PARTUUID=…`, `/dev/sda2`. */
export interface LoaderEntry {
  /** What the menu shows, without the version of the kernel. */
  readonly title: string | undefined;
  /** Of the kernel. */
  readonly version: string | undefined;
  /** The volume with the kernel; `undefined`: the one with the entry. */
  readonly place: string | undefined;
  readonly root: string | undefined;
  /** The encrypted volumes that are opened for it. */
  readonly opened: readonly string[];
}

/**
 * An entry of the Boot Loader Specification (UAPI.1), type 1: a key and its value on each line. `undefined` for what starts no Linux: without
 * the key `linux`.
 */
export function readLoaderEntry(text: string): LoaderEntry | undefined {
  const lines = text.split('\n').map((line) => /^([a-z-]+)\s+(.+)$/u.exec(line.trim()));
  const valuesOf = (wanted: string): readonly string[] =>
    lines.flatMap((match) => (match?.[1] === wanted && match[2] !== undefined ? [match[2]] : []));
  if (valuesOf('linux').length === 0) return undefined;
  const version = valuesOf('version').at(-1);
  const title = valuesOf('title')
    .at(-1)
    ?.replaceAll(` (${version ?? ''})`, '');
  return { title, version, place: undefined, ...readKernelOptions(valuesOf('options').join(' ')) };
}

/** What a Linux is told of its root, and of what is encrypted (dracut.cmdline(7), systemd-cryptsetup-generator(8), mkinitcpio). */
export function readKernelOptions(text: string): Pick<LoaderEntry, 'root' | 'opened'> {
  const words = text.split(/\s+/u).map((word) => word.replaceAll(/["']/gu, ''));
  return {
    // Of what is said twice, the kernel takes the last.
    root: words.findLast((word) => word.startsWith('root='))?.slice('root='.length),
    opened: words.flatMap((word) => {
      const [, id] = /^(?:(?:rd\.)?luks\.(?:uuid=(?:luks-)?|name=)|cryptdevice=UUID=)([0-9a-f-]+)/iu.exec(word) ?? [];
      return id === undefined ? [] : [`UUID=${id}`];
    }),
  };
}
