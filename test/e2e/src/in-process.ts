import { main, type Terminal } from '@sysimage/cli';
import type { Service } from '@sysimage/core';
import { eventsIn } from './json.js';

/** How a command in this process ended, and what it said. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** With --json: every line. */
  readonly events: readonly unknown[];
  /** The last of them. */
  readonly result: unknown;
}

/**
 * Runs the command in this process, where nobody watches and nobody can answer: for the many small runs of one test, where starting Node
 * would take longer than the work. `services`: instead of the command's own.
 */
export async function runHere(args: readonly string[], services: readonly Service[] = []): Promise<Said> {
  let stdout = '';
  let stderr = '';
  const terminal: Terminal = {
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    interactive: false,
    color: false,
    canAsk: false,
  };
  const code = await main(args, { terminal, services });
  const events = eventsIn(stdout);
  return { code, stdout, stderr, events, result: events.at(-1) };
}

/** `runHere` with the command's own services: its failure is an answer. */
export async function attemptHere(...args: readonly string[]): Promise<Said> {
  return runHere(args);
}

/** Like `attemptHere`, but rejects with all that was said unless it ends with 0. */
export async function succeedHere(...args: readonly string[]): Promise<Said> {
  const said = await runHere(args);
  if (said.code === 0) return said;
  throw new Error(`sysimage ${args.join(' ')} ended with ${said.code}:\n${said.stdout}${said.stderr}`);
}

/** Like `succeedHere`; what `--json` says last. */
export async function sysimageHere(...args: readonly string[]): Promise<unknown> {
  return (await succeedHere(...args)).result;
}
