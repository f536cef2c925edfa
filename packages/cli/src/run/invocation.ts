import type { Command } from 'commander';
import type { Config } from '../config/config-schema.js';
import type { RunFacts } from './run-event.js';

/** A command line as it was understood: words that name the command, then those that it works on. */
export interface Invocation {
  /** `backup`, `target check`. */
  readonly command: string;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

export function invocationOf(command: Command): Invocation {
  const names: string[] = [];
  for (let each = command; each.parent !== null; each = each.parent) names.unshift(each.name());
  const options: Readonly<Record<string, unknown>> = command.opts();
  // What only shows what it would do is another command.
  if (options['plan'] === true) names.push('--plan');
  return { command: names.join(' '), words: command.args, options };
}

/** What is known of a run before anything is opened. */
export function runFactsOf({ command, words, options }: Invocation, config: Config, hostName: string): RunFacts {
  const name = command === 'backup' ? words[0] : undefined;
  const job = jobOf(config, name);
  const reference = textOf(options['to']) ?? textOf(options['from']) ?? job?.to;
  const computer = textOf(options['computer']) ?? job?.computer ?? (command === 'backup' ? hostName : undefined);
  return {
    command,
    ...(name === undefined ? {} : { job: name }),
    ...(reference === undefined ? {} : { target: placeOf(reference) }),
    ...(computer === undefined ? {} : { computer }),
  };
}

export function jobOf({ jobs }: Config, name: string | undefined): Config['jobs'][string] | undefined {
  return name !== undefined && Object.hasOwn(jobs, name) ? jobs[name] : undefined;
}

/** A name as it is; a URL without what may be a password, and without settings. */
export function placeOf(reference: string): string {
  return reference.replace(/^([a-z0-9+.-]+:\/\/[^/@:]*):.*@/isu, '$1@').replace(/[?#].*$/su, '');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
