import type { Config } from '../config/config-schema.js';
import type { AfterHook, Hook } from '../config/run-schema.js';
import { jobOf } from '../run/invocation.js';
import { isRunCommand } from '../run/run-commands.js';
import type { RunFacts } from '../run/run-event.js';

/** The hooks around a run: those of everything outside, those of the job inside. */
export function hooksOf(
  config: Config,
  { command, job: name }: Pick<RunFacts, 'command' | 'job'>,
): { readonly before: readonly Hook[]; readonly after: readonly AfterHook[] } {
  const job = jobOf(config, name);
  // A job that is not there stops the run, and nothing else may happen.
  if (!isRunCommand(command) || (name !== undefined && job === undefined)) return { before: [], after: [] };
  const isOf = ({ commands = ['backup'] }: { readonly commands?: readonly string[] }): boolean =>
    commands.includes(command);
  const { before = [], after = [] } = config.hooks ?? {};
  const inner = job?.hooks ?? {};
  return {
    before: [...before.filter(isOf), ...(inner.before ?? [])],
    after: [...(inner.after ?? []), ...after.filter(isOf)],
  };
}
