import type { Target } from '@sysimage/core/plugin';
import type { RetryOptions } from './attempts.js';
import { retrying } from './retrying.js';
import { throttled, type LimitAt } from './throttled.js';
import { traced, type TraceOptions } from './traced.js';

export interface StackOptions extends Pick<RetryOptions, 'clock' | 'random' | 'signal'> {
  readonly retry?: Pick<RetryOptions, 'tries' | 'pause' | 'longestPause'>;
  readonly limit?: LimitAt;
  readonly trace?: TraceOptions['write'];
}

/** A target in all that is wanted, in the order that makes sense: every try keeps the limit, and every try is traced. */
export function stacked(target: Target, { retry, limit, trace, ...host }: StackOptions): Target {
  const inTrace = trace === undefined ? target : traced(target, { clock: host.clock, write: trace });
  const inLimit = limit === undefined ? inTrace : throttled(inTrace, { ...host, limit });
  return retry === undefined ? inLimit : retrying(inLimit, { ...host, ...retry });
}
