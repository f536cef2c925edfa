import { fileURLToPath } from 'node:url';

interface DemoDisk {
  readonly unpackDisk: (path: string) => Promise<void>;
  readonly applyChange: (path: string) => Promise<number>;
  readonly demoDisk: { readonly sha256: { readonly before: string } };
}

// Plain JavaScript, because the demonstration runs before anything is built.
const module: unknown = await import(fileURLToPath(new URL('../../../demo/disk.mjs', import.meta.url)));

function isDemoDisk(value: unknown): value is DemoDisk {
  return (
    typeof value === 'object' &&
    value !== null &&
    'unpackDisk' in value &&
    'applyChange' in value &&
    'demoDisk' in value
  );
}
if (!isDemoDisk(module)) throw new Error('the disk of the demonstration is not there');

export const { unpackDisk, applyChange, demoDisk } = module;
