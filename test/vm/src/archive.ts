/** A file of an archive: its path without a leading slash, its permissions, its bytes. */
export interface ArchivedFile {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
}

const folderMode = 0o040_755;
const fileMode = 0o100_000;

/**
 * An archive as the kernel unpacks it at boot (cpio, format `newc`: `initramfs buffer format` of the kernel's documentation), with the
 * folders that its files need. Equal files give equal bytes. Archives may follow one another; later files replace earlier ones.
 */
export function archive(files: readonly ArchivedFile[]): Uint8Array {
  const folders = [...new Set(files.flatMap(({ path }) => foldersAbove(path)))].toSorted();
  const entries = [
    ...folders.map((path) => ({ path, mode: folderMode, bytes: new Uint8Array(0) })),
    ...files.map(({ path, mode, bytes }) => ({ path, mode: fileMode | mode, bytes })),
    { path: 'TRAILER!!!', mode: 0, bytes: new Uint8Array(0) },
  ];
  return Buffer.concat(entries.map((entry, index) => record(entry, index + 1)));
}

function foldersAbove(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

/** Thirteen numbers of eight hexadecimal digits, the name, the bytes; each padded to four. */
function record({ path, mode, bytes }: ArchivedFile, inode: number): Buffer {
  const name = Buffer.from(`${path}\0`);
  const links = mode === folderMode ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(bytes)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
