import type { Folder, Leaf } from './disc-tree.js';
import { latin1, utf16be } from './sector.js';

/** How one of the two trees of a disc spells names: what is written, and what entries are sorted by. */
export interface Naming {
  folder(folder: Folder): Uint8Array;
  file(leaf: Leaf): Uint8Array;
}

/** Joliet: names as they are. The version is part of a file's identifier (ECMA-119 7.5.1). */
export const jolietNaming: Naming = {
  folder: ({ name }) => utf16be(name),
  file: ({ name }) => utf16be(`${name};1`),
};

/**
 * ISO 9660 without extensions, for readers that know nothing else: capitals, digits and `_`, 31 characters for a folder
 * (ECMA-119 7.6.3) and 30 with one dot for a file (7.5.1). Names that become equal get a number.
 */
export function primaryNaming(folders: readonly Folder[]): Naming {
  const folderNames = new Map<Folder, string>();
  const fileNames = new Map<number, string>();
  for (const folder of folders) {
    const taken = new Set<string>();
    for (const child of folder.folders) folderNames.set(child, distinct(capitals(child.name), '', 31, taken));
    for (const { name, index } of folder.files) {
      const dot = name.lastIndexOf('.');
      const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot + 1)] : [name, ''];
      const shortExtension = capitals(extension).slice(0, 8);
      fileNames.set(index, distinct(capitals(stem), `.${shortExtension}`, 31, taken));
    }
  }
  return {
    folder: (folder) => latin1(folderNames.get(folder) ?? ''),
    file: ({ index }) => latin1(`${fileNames.get(index) ?? ''};1`),
  };
}

function capitals(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9_]/gu, '_');
}

function distinct(stem: string, ending: string, longest: number, taken: Set<string>): string {
  let name = stem.slice(0, longest - ending.length) + ending;
  // Starts where the last one of many equal stems would be, roughly: the number of names so far.
  for (let number = taken.size; taken.has(name); number += 1) {
    const suffix = `_${number}`;
    name = stem.slice(0, longest - ending.length - suffix.length) + suffix + ending;
  }
  taken.add(name);
  return name;
}
