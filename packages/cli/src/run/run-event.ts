import type { EngineEvent, OpenPurpose } from '@sysimage/core';

/** What a run does, as far as it is known when it begins. */
export interface RunFacts {
  readonly command: string;
  /** The job of the configuration. */
  readonly job?: string;
  /** Name of the target in the configuration, or its URL without password and settings. */
  readonly target?: string;
  readonly computer?: string;
}

/** How it ended. Whatever a command tells more stands beside it. */
export interface ResultFacts extends Readonly<Record<string, unknown>> {
  readonly status: string;
  readonly exitCode: number;
}

export interface HookEvent {
  readonly event: 'hook';
  readonly position: 'before' | 'after';
  /** Its program, without arguments: they may hold anything. */
  readonly program: string;
  readonly mode: 'essential' | 'optional';
  readonly outcome: 'done' | 'failed' | 'not-started' | 'timeout' | 'cancelled';
  /** Of one that ended by itself. */
  readonly exitCode?: number;
  readonly milliseconds: number;
  /** The last lines that it said. */
  readonly output: readonly string[];
}

export interface NotificationEvent {
  readonly event: 'notification';
  readonly channel: string;
  readonly reason: string;
  readonly outcome: 'sent' | 'failed';
  readonly tries: number;
  /** Why it was not sent. */
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * All that is told of a run, in order: `begin` is the first and `result` the last. People's words, `--json` and the log file
 * are fed by these and by nothing else.
 */
export type RunEvent =
  | ({ readonly event: 'begin'; readonly tool: string; readonly time: string } & RunFacts)
  | { readonly event: 'opened'; readonly location: string; readonly purpose: OpenPurpose }
  | EngineEvent
  | { readonly event: 'warning'; readonly message: string }
  | HookEvent
  | NotificationEvent
  | ({ readonly event: 'result' } & ResultFacts & Partial<RunFacts>);

export type TakeEvent = (event: RunEvent) => void;
