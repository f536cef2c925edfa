import type { StealLease } from '@sysimage/core';
import { ask, type CommandContext, type CommonOptions } from '../command-context.js';

export interface StealOptions extends CommonOptions {
  /** Take the lease of a backup away that goes on, or seems to. */
  readonly stealLease: boolean;
}

/** What the engine asks before it takes a lease away; nothing where that is not wanted. */
export function stealing(context: CommandContext, options: StealOptions): { readonly stealLease?: StealLease } {
  if (!options.stealLease) return {};
  return {
    stealLease: ({ program, host, process }) => {
      const who = `${program} on ${host}${process === undefined ? '' : ` (process ${process})`}`;
      const what = `The lease of ${who} is taken away. If that is still at work, it stops, and what it did not finish is taken back.`;
      return ask(context, options, `${what} This goes on after 30 seconds.`);
    },
  };
}
