import { cp, mkdir, open, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';

/** What somebody, or an old system that knows nothing of backups, does to a file of a target. */
export const tamperings = ['removed', 'emptied', 'cut', 'flipped', 'swapped', 'made a folder', 'touched'] as const;
export type Tampering = (typeof tamperings)[number];

/** `other`: a file of the same kind, of another version or another disk, that takes its place. */
export async function tamper(path: string, how: Tampering, other: string): Promise<void> {
  const { size } = await stat(path);
  if (how === 'removed') await rm(path);
  else if (how === 'emptied') await truncate(path, 0);
  else if (how === 'cut') await truncate(path, Math.floor(size * 0.6));
  else if (how === 'flipped') await flip(path, Math.floor(size / 2));
  else if (how === 'swapped') await writeFile(path, await readFile(other));
  else if (how === 'touched') await utimes(path, 1_000_000_000, 1_000_000_000);
  else {
    await cp(path, `${path}.aside`);
    await rm(path);
    await mkdir(path);
    await cp(`${path}.aside`, `${path}/inside`);
    await rm(`${path}.aside`);
  }
}

/** Changes one bit where it lies. */
async function flip(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const byte = new Uint8Array(1);
    await file.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 1;
    await file.write(byte, 0, 1, at);
  } finally {
    await file.close();
  }
}
