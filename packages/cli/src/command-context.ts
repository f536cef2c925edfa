import {
  SysimageError,
  type Clock,
  type Disks,
  type AnyTargetPlugin,
  type Engine,
  type Hasher,
  type Machine,
  type OpenPurpose,
  type Random,
  type Registry,
  type Target,
  type TargetView,
} from '@sysimage/core';
import type { LoadedConfig } from './config/read-config.js';
import { didYouMean } from './did-you-mean.js';
import { resolveReferences } from './config/resolve-references.js';
import { secretsOf } from './config/without-secrets.js';
import type { Display, Listener } from './output/listener.js';
import { printable } from './output/format.js';
import type { Terminal } from './output/terminal.js';
import type { EventStream } from './run/event-stream.js';
import type { Secrets } from './run/secrets.js';
import { partsOf, type TargetSettings } from './targets/target-settings.js';
import { wrapTarget, type TargetAccess } from './targets/wrap-target.js';

/** Options that every command has. */
export interface CommonOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly yes: boolean;
  /** False with --no-input: nobody is asked anything. */
  readonly input: boolean;
  /** Path of the configuration. */
  readonly config?: string;
  /** Path of a file that is told of every run. */
  readonly logFile?: string;
}

/** Options that every command has which opens a target. */
export interface AccessOptions {
  /** Bytes per second in both directions, to the target, and from it. */
  readonly limit?: number;
  readonly limitUpload?: number;
  readonly limitDownload?: number;
  /** Path of a file that gets a line for every call. */
  readonly trace?: string;
}

/** All that a command works with. */
export interface CommandContext {
  readonly engine: Engine;
  readonly registry: Registry;
  readonly loaded: LoadedConfig;
  readonly disks: Disks;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly random: Random;
  readonly hasher: Hasher;
  readonly terminal: Terminal;
  readonly tool: string;
  readonly signal: AbortSignal;
  readonly access: TargetAccess;
  readonly display: Display;
  readonly events: EventStream;
  readonly secrets: Secrets;
}

export function listenerOf({ display, events }: CommandContext): Listener {
  return {
    take: events.emit,
    say: display.say,
    warn: (message) => events.emit({ event: 'warning', message }),
    result: events.conclude,
  };
}

/** What the configuration says of a target: nothing of one that it does not name. */
export function settingsOf({ loaded }: CommandContext, reference: string): TargetSettings {
  const { targets } = loaded.config;
  const configured = Object.hasOwn(targets, reference) ? targets[reference] : undefined;
  return configured === undefined ? {} : partsOf(configured).settings;
}

/** Opens a target by its name in the configuration, or by its URL. One that is opened to read cannot be changed through it. */
export async function openTarget(
  context: CommandContext,
  reference: string,
  purpose: OpenPurpose,
  view: TargetView = 'effective',
): Promise<Target> {
  const target = await openAsItIs(context, reference, purpose, view);
  context.events.opened(target.traits.location, purpose);
  return wrapTarget(target, settingsOf(context, reference), context.access, purpose);
}

async function openAsItIs(
  context: CommandContext,
  reference: string,
  purpose: OpenPurpose,
  view: TargetView,
): Promise<Target> {
  const { loaded, registry } = context;
  const { targets } = loaded.config;
  const configured = Object.hasOwn(targets, reference) ? targets[reference] : undefined;
  if (configured === undefined) {
    const hint = reference.includes(':') ? '' : didYouMean(reference, Object.keys(targets));
    if (hint === '') return registry.open(reference, purpose, view);
    throw new SysimageError('invalid', `there is no target "${reference}" in the configuration${hint}`, {
      operation: 'open target',
      remedy: `The targets are: ${Object.keys(targets).join(', ')}`,
    });
  }
  const { kind, options } = partsOf(configured);
  const resolved = await resolveReferences(options, loaded.path ?? '', process.env);
  const schema = await kindOf(context, reference)?.jsonSchema();
  context.secrets.add(secretsOf({ options, resolved, schema: schema ?? {} }));
  return registry.openConfigured({ name: reference, kind, options: resolved }, purpose, view);
}

/** The kind of a target by its name in the configuration, or by its URL. `undefined` for what `openTarget` refuses. */
export function kindOf({ loaded, registry }: CommandContext, reference: string): AnyTargetPlugin | undefined {
  const { targets } = loaded.config;
  const kind = Object.hasOwn(targets, reference) ? targets[reference]?.plugin : reference.split(':')[0];
  return registry.kinds.find((one) => one.kind === kind);
}

/** Opens a target for the time of some work, and closes it whatever happens. */
export async function withTarget<T>(
  context: CommandContext,
  reference: string,
  purpose: OpenPurpose,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const target = await openTarget(context, reference, purpose);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

/** Asks whether data may be destroyed. With --yes it may; where nobody can be asked, the answer is an error. */
export async function ask(context: CommandContext, options: CommonOptions, what: string): Promise<boolean> {
  if (options.yes) return true;
  if (!context.terminal.canAsk || !options.input || options.json) {
    throw new SysimageError('invalid', `${what} Nobody can be asked whether that is wanted`, {
      remedy: 'Give --yes if it is.',
    });
  }
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({
    message: `${printable(what)} Go on?`,
    initialValue: false,
    output: process.stderr,
  });
  return answer === true;
}
