import type { AccessOptions, CommandContext, CommonOptions } from './command-context.js';

/** What a command is run with, and where its exit code goes. */
export interface ProgramHooks {
  readonly version: string;
  readonly run: (
    options: CommonOptions & AccessOptions,
    work: (context: CommandContext) => Promise<number | void>,
  ) => Promise<void>;
}
