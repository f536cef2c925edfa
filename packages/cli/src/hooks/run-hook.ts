import { dirname, resolve } from 'node:path';
import type { Clock } from '@sysimage/core';
import { runCommand } from '@sysimage/node-services';
import type { Hook } from '../config/run-schema.js';
import { parseDuration } from '../duration.js';
import type { HookEvent } from '../run/run-event.js';

/** What a hook is run with. */
export interface HookSurroundings {
  readonly position: 'before' | 'after';
  readonly environment: Readonly<Record<string, string>>;
  /** A program that is a relative path starts at its folder. */
  readonly configPath: string | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly hide: (text: string) => string;
  readonly signal?: AbortSignal;
}

const usualTimeout = 600_000;
/** Lines of output, and characters of a line, that are told. */
const most = { lines: 50, characters: 500 };

/** Runs a hook to its end, and tells how that was. Never rejects. */
export async function runHook(hook: Hook, surroundings: HookSurroundings): Promise<HookEvent> {
  const { position, environment, configPath, clock, hide, signal } = surroundings;
  const words = wordsOf(hook.run, configPath);
  const startedAt = clock.now().getTime();
  const { outcome, exitCode, output } = await runCommand({
    words,
    environment,
    timeout: parseDuration(hook.timeout ?? '') ?? usualTimeout,
    signal,
  });
  return {
    event: 'hook',
    position,
    program: words[0] ?? '',
    mode: hook.mode ?? 'essential',
    outcome,
    ...(exitCode === undefined ? {} : { exitCode }),
    milliseconds: Math.max(0, clock.now().getTime() - startedAt),
    output: linesOf(output).map(hide),
  };
}

/** A program that is looked for by its name stays as it is. */
export function wordsOf([program = '', ...args]: readonly string[], configPath: string | undefined): readonly string[] {
  return [program.includes('/') ? resolve(dirname(configPath ?? '/'), program) : program, ...args];
}

function linesOf(output: string): readonly string[] {
  const lines = output.split(/\r?\n/u).map((line) => line.slice(0, most.characters));
  return (lines.at(-1) === '' ? lines.slice(0, -1) : lines).slice(-most.lines);
}

/** `before hook /usr/bin/x failed with exit code 3: last words`. */
export function describeHook({ position, program, outcome, exitCode, output }: HookEvent): string {
  const how = {
    done: 'is done',
    failed: exitCode === undefined ? 'was killed' : `failed with exit code ${exitCode}`,
    'not-started': 'could not be started',
    timeout: 'took too long and was stopped',
    cancelled: 'was stopped',
  }[outcome];
  const last = outcome === 'done' ? undefined : output.at(-1);
  return `the ${position} hook ${program} ${how}${last === undefined ? '' : `: ${last}`}`;
}
