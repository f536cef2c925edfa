import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackFolder, type Folder, type PackedFolder } from './folder.js';
import type { Vector } from './vectors.js';

/** A sound backup as it is published. */
export interface VectorSet {
  /** What it is, in words. */
  readonly about: string;
  readonly versions: readonly { readonly id: string; readonly sha256: string }[];
  readonly objects: PackedFolder;
}

export const setNames = ['in-place', 'open-run', 'undoing', 'compacted', 'vhdx', 'sequential'] as const;
export const dataFolder = join(import.meta.dirname, '../../data');

export async function readSets(): Promise<ReadonlyMap<string, VectorSet & { readonly folder: Folder }>> {
  const sets = await Promise.all(
    setNames.map(async (name) => {
      const set: VectorSet = JSON.parse(await readFile(join(dataFolder, `set-${name}.json`), 'utf8'));
      return [name, { ...set, folder: unpackFolder(set.objects) }] as const;
    }),
  );
  return new Map(sets);
}

export async function readVectors(): Promise<readonly Vector[]> {
  const vectors: readonly Vector[] = JSON.parse(await readFile(join(dataFolder, 'vectors.json'), 'utf8'));
  return vectors;
}
