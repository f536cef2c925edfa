import { main, type Terminal } from '@sysimage/cli';
import type { Service } from '@sysimage/core';

/** How a command in this process ended, and what it said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs the command in this process, where nobody watches and nobody can answer: for the many small runs of one test, where starting Node
 * would take longer than the work. `services`: instead of the command's own.
 */
export async function runHere(args: readonly string[], services: readonly Service[] = []): Promise<Said> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    interactive: false,
    color: false,
    canAsk: false,
  };
  const code = await main(args, { terminal, services });
  return { code, out, err };
}

/** Like `runHere`, but rejects with all that was said unless it ends with 0; the last line of `--json`, if there is one. */
export async function sysimageHere(...args: readonly string[]): Promise<unknown> {
  const { code, out, err } = await runHere(args);
  if (code !== 0) throw new Error(`sysimage ${args.join(' ')} ended with ${code}:\n${err}`);
  const last = out.trimEnd().split('\n').at(-1) ?? '';
  return last.startsWith('{') ? JSON.parse(last) : undefined;
}
