import type { Target } from '@sysimage/core';
import { limitOfSchedule, type LimitAt, type Limits, type LimitWindow, type StackOptions } from '@sysimage/layers';
import { daysOfWeek, type LimitConfig, type RetryConfig, type TargetConfig } from '../config/target-schema.js';
import { parseDuration } from '../duration.js';
import { parseRate } from './rate.js';

/** What the program itself does around a target. */
export interface TargetSettings {
  readonly retry?: RetryConfig;
  readonly limit?: LimitConfig;
}

export type RetrySettings = NonNullable<StackOptions['retry']>;

/** In all about ten seconds: a lease is void after thirty. */
const usualRetry: RetrySettings = { tries: 6, pause: 500, longestPause: 8000 };

/** A target of the configuration: what its plugin is told, and what is the program's own. */
export function partsOf({ plugin: kind, retry, limit, ...options }: TargetConfig): {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly settings: TargetSettings;
} {
  const settings = { ...(retry === undefined ? {} : { retry }), ...(limit === undefined ? {} : { limit }) };
  return { kind, options, settings };
}

/** Networks stumble; what a disk of this machine says once it says again. */
export function retryOf({ retry }: TargetSettings, { transport }: Target['traits']): RetrySettings | undefined {
  if (retry === undefined) return transport === 'local' ? undefined : usualRetry;
  return {
    tries: retry.tries ?? usualRetry.tries,
    pause: parseDuration(retry.pause ?? '') ?? usualRetry.pause,
    longestPause: parseDuration(retry.longestPause ?? '') ?? usualRetry.longestPause,
  };
}

/** `given`, on the command line, stands in the place of the configuration, hours included. */
export function limitOf({ limit }: TargetSettings, given: Limits): LimitAt | undefined {
  const configured = limit === undefined ? undefined : scheduleOf(limit);
  if (configured === undefined && given.upload === undefined && given.download === undefined) return undefined;
  return (direction, now) => given[direction] ?? configured?.(direction, now);
}

function scheduleOf({ windows = [], ...always }: LimitConfig): LimitAt {
  return limitOfSchedule({
    ...limitsOf(always),
    windows: windows.map(({ from, to, days = daysOfWeek, ...limits }): LimitWindow => ({
      ...limitsOf(limits),
      days: days.map((day) => daysOfWeek.indexOf(day)),
      start: minuteOf(from),
      end: minuteOf(to),
    })),
  });
}

function limitsOf({ upload, download }: Pick<LimitConfig, 'upload' | 'download'>): Limits {
  const up = parseRate(upload ?? '');
  const down = parseRate(download ?? '');
  return { ...(up === undefined ? {} : { upload: up }), ...(down === undefined ? {} : { download: down }) };
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
