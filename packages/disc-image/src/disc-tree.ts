/** A file that a disc is to hold. */
export interface DiscFile {
  /** Folders and name, joined by `/`. */
  readonly path: string;
  /** Bytes; less than 4 GiB. */
  readonly size: number;
}

export interface Leaf {
  readonly name: string;
  readonly size: number;
  /** Its place in the list of files. */
  readonly index: number;
}

export interface Folder {
  readonly name: string;
  readonly parent: Folder | undefined;
  readonly folders: readonly Folder[];
  readonly files: readonly Leaf[];
}

interface GrowingFolder extends Folder {
  readonly parent: GrowingFolder | undefined;
  readonly folders: GrowingFolder[];
  readonly files: Leaf[];
}

/** ISO 9660 keeps a size in 32 bits; a file of more would need several extents, which common readers get wrong. */
export const largestFile = 2 ** 32 - 1;

// ECMA-119 6.8.2.1: eight levels, the root being the first, so seven folders and a file.
const deepest = 8;
// Joliet: 64 characters, none of `* / : ; ? \`.
const namePattern = /^[^\p{Cc}*/:;?\\]{1,64}$/u;

/** The folders of the files, parents before children. Throws `RangeError` for what no disc can hold. */
export function treeOf(files: readonly DiscFile[]): readonly Folder[] {
  const root: GrowingFolder = { name: '', parent: undefined, folders: [], files: [] };
  const folders = new Map<string, GrowingFolder>([['', root]]);
  const names = new Set<string>();
  const folderAt = (segments: readonly string[]): GrowingFolder => {
    const path = segments.join('/');
    const known = folders.get(path);
    if (known !== undefined) return known;
    const parent = folderAt(segments.slice(0, -1));
    const folder: GrowingFolder = { name: segments.at(-1) ?? '', parent, folders: [], files: [] };
    folders.set(path, folder);
    parent.folders.push(folder);
    return folder;
  };
  for (const [index, { path, size }] of files.entries()) {
    const segments = path.split('/');
    if (segments.length > deepest) throw new RangeError(`"${path}" has more than ${deepest} segments`);
    for (const segment of segments) checkName(segment, path);
    if (!Number.isSafeInteger(size) || size < 0 || size > largestFile) {
      throw new RangeError(`"${path}" cannot have ${size} bytes on a disc`);
    }
    if (names.has(path)) throw new RangeError(`"${path}" is there twice`);
    names.add(path);
    folderAt(segments.slice(0, -1)).files.push({ name: segments.at(-1) ?? '', size, index });
  }
  for (const path of names) if (folders.has(path)) throw new RangeError(`"${path}" is both a file and a folder`);
  // ECMA-119 9.4.3: the number of a parent has 16 bits.
  if (folders.size > 65_535) throw new RangeError(`${folders.size} folders are too many for a disc`);
  return [...folders.values()];
}

function checkName(name: string, path: string): void {
  if (name.length > 64 || !namePattern.test(name) || name === '.' || name === '..') {
    throw new RangeError(`"${path}" cannot be a name on a disc`);
  }
}
