import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Attributes of a variable, in front of its value (efivarfs of Linux). */
const headerSize = 4;
/** Bytes; no firmware keeps more in one. */
const longest = 65_536;
const mostVariables = 1024;
/** Of the variables that UEFI itself defines, those that say what is started. */
const bootVariable = /^(Boot(?:[0-9A-F]{4}|Order|Current))-8be4df61-93ca-11d2-aa0d-00e098032b8c$/u;

/**
 * Values of the variables that say what the firmware starts, by name; those that cannot be read are not there. `undefined` where there are no
 * variables: the machine was not started by UEFI, or the folder is not shown to this process.
 */
export async function readFirmwareVariables(folder: string): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
  const files: readonly string[] = await readdir(folder).catch(() => []);
  if (files.length === 0) return undefined;
  const values = new Map<string, Uint8Array>();
  for (const file of files.toSorted()) {
    const name = bootVariable.exec(file)?.[1];
    if (name === undefined) continue;
    const bytes = await contentOf(join(folder, file));
    if (bytes === undefined) continue;
    values.set(name, new Uint8Array(bytes.subarray(headerSize)));
    if (values.size >= mostVariables) break;
  }
  return values;
}

async function contentOf(path: string): Promise<Uint8Array | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const bytes = Buffer.alloc(longest + 1);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
      return bytesRead < headerSize || bytesRead > longest ? undefined : bytes.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}
