import type { Clock, Engine, Disks, Machine, OpenPurpose, Registry, Target } from '@sysimage/core';
import { createListener, type Listener } from './output/listener.js';
import type { Terminal } from './output/terminal.js';

/** Options that every command has. */
export interface CommonOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly yes: boolean;
  /** False with --no-input: nobody is asked anything. */
  readonly input: boolean;
}

/** All that a command works with. */
export interface CommandContext {
  readonly engine: Engine;
  readonly registry: Registry;
  readonly disks: Disks;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly tool: string;
  readonly signal: AbortSignal;
}

export function listenerOf(context: CommandContext, options: CommonOptions): Listener {
  return createListener(context.terminal, context.clock, options);
}

/** Opens a target for the time of some work, and closes it whatever happens. */
export async function withTarget<T>(
  context: CommandContext,
  url: string,
  purpose: OpenPurpose,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const target = await context.registry.open(url, purpose);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}
