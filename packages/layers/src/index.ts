export type { RetryOptions } from './attempts.js';
export type { RandomBytes, WaitingClock } from './host.js';
export { limitOfSchedule, type Limits, type LimitSchedule, type LimitWindow } from './limit-windows.js';
export { readOnly } from './read-only.js';
export { retrying } from './retrying.js';
export { stacked, type StackOptions } from './stacked.js';
export { throttled, type Direction, type LimitAt, type ThrottleOptions } from './throttled.js';
export { traced, type TraceOptions } from './traced.js';
