import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What lies in the folder of a computer with one disk, at one moment. */
export interface TargetState {
  readonly leases: number;
  /** Marks of open runs. */
  readonly marks: number;
  readonly versions: number;
  readonly maps: number;
  readonly layers: number;
  /** Of all layers together. */
  readonly layerBytes: number;
  readonly imageBytes: number;
  /** When the image was written last, milliseconds. */
  readonly imageTime: number;
}

/** Looks at a target folder, quickly: somebody is writing to it. */
export function lookAt(target: string, computer: string): TargetState {
  const folder = join(target, 'sysimage', computer);
  const disk = join(folder, names(folder).find((name) => name.startsWith('disk-')) ?? 'disk');
  const layers = objects(join(disk, 'layers'));
  const image = statSync(join(disk, 'image.vhd'), { throwIfNoEntry: false });
  return {
    leases: objects(join(folder, 'leases')).length,
    marks: objects(join(folder, 'runs')).length,
    versions: objects(join(folder, 'versions')).length,
    maps: objects(join(disk, 'maps')).length,
    layers: layers.length,
    layerBytes: layers.reduce((sum, name) => sum + sizeOf(join(disk, 'layers', name)), 0),
    imageBytes: image?.size ?? 0,
    imageTime: image?.mtimeMs ?? 0,
  };
}

/** Without the files of puts that are under way. */
function objects(folder: string): string[] {
  return names(folder).filter((name) => !name.startsWith('.'));
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
