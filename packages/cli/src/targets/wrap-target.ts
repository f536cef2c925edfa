import type { Clock, OpenPurpose, Random, Target } from '@sysimage/core';
import { readOnly, stacked, type Limits } from '@sysimage/layers';
import { limitOf, retryOf, type TargetSettings } from './target-settings.js';

/** How a command goes about its targets, beside what the configuration says of each. */
export interface TargetAccess {
  readonly clock: Clock;
  readonly random: Random;
  /** Bytes per second that the command line wants. */
  readonly limits: Limits;
  /** Takes a line for every call. */
  readonly trace?: (line: string) => void;
  /** Of the whole command. */
  readonly signal: AbortSignal;
}

/** A target with retries, limits and trace around it; whoever opened it to read cannot change anything. */
export function wrapTarget(
  target: Target,
  settings: TargetSettings,
  { limits, ...access }: TargetAccess,
  purpose: OpenPurpose,
): Target {
  const retry = retryOf(settings, target.traits);
  const limit = limitOf(settings, limits);
  const wrapped = stacked(target, {
    ...access,
    ...(retry === undefined ? {} : { retry }),
    ...(limit === undefined ? {} : { limit }),
  });
  return purpose === 'read' ? readOnly(wrapped) : wrapped;
}
