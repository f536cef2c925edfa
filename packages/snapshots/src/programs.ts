import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

/** How a program ended that was asked for something. */
export interface Answer {
  /** `undefined`: it was not started, or did not end by itself. */
  readonly exitCode: number | undefined;
  readonly output: string;
  readonly complaint: string;
}

/** Runs a program to its end, without a shell. Never rejects. */
export type Ask = (words: readonly string[]) => Promise<Answer>;

/** Whoever is not root has these not in their path. */
const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Milliseconds; a program that waits for a device may wait for ever. */
const longest = 60_000;
const mostOutput = 16 * 1024 * 1024;

/** Names in the places of the system, and messages that are the same everywhere. */
export function programEnvironment(): Readonly<Record<string, string>> {
  const { DM_DISABLE_UDEV: withoutUdev } = process.env;
  return {
    PATH: folders.join(':'),
    LC_ALL: 'C',
    ...(withoutUdev === undefined ? {} : { DM_DISABLE_UDEV: withoutUdev }),
  };
}

export const ask: Ask = ([program = '', ...args]) =>
  new Promise((resolve) => {
    const options = { cwd: '/', env: programEnvironment(), timeout: longest, maxBuffer: mostOutput } as const;
    execFile(program, args, options, (error, output, complaint) => {
      const code = error === null ? 0 : error.code;
      resolve({ exitCode: typeof code === 'number' ? code : undefined, output, complaint });
    });
  });

/** Where a program of the system lies; `undefined`: it is not installed. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
