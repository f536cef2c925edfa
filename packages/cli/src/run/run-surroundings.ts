import type { Clock, Random } from '@sysimage/core';
import type { LoadedConfig } from '../config/read-config.js';
import type { EventStream } from './event-stream.js';
import type { RunFacts } from './run-event.js';
import type { Secrets } from './secrets.js';

/** What a run is done with. */
export interface RunSurroundings {
  readonly run: RunFacts;
  readonly events: EventStream;
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  /** Host name of this machine. */
  readonly machine: string;
  readonly tool: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What went wrong before: the first one stops the run, hooks included. */
  readonly problems: readonly unknown[];
  /** Stops the work and the hooks before it; what comes after is not stopped. */
  readonly signal: AbortSignal;
  /** The exit code of a run that was stopped by a signal. */
  readonly stoppedCode: () => number;
  /** Says at once what went wrong. */
  readonly sayError: (error: unknown) => void;
}
