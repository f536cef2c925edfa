import type { Direction, LimitAt } from './throttled.js';

/** Bytes per second in each direction; what is absent has no limit. */
export type Limits = { readonly [D in Direction]?: number };

/** Limits that hold at some hours, in the time zone of the machine. */
export interface LimitWindow extends Limits {
  /** Days of the week on which it begins, 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes since midnight, `[start, end)`. An end that is not after the start is on the next day. */
  readonly start: number;
  readonly end: number;
}

export interface LimitSchedule extends Limits {
  /** The first that holds now stands in the place of everything else. */
  readonly windows: readonly LimitWindow[];
}

export function limitOfSchedule(schedule: LimitSchedule): LimitAt {
  return (direction, now) => (schedule.windows.find((window) => holds(window, now)) ?? schedule)[direction];
}

function holds({ days, start, end }: LimitWindow, now: Date): boolean {
  const minute = now.getHours() * 60 + now.getMinutes();
  const today = days.includes(now.getDay());
  if (start < end) return today && minute >= start && minute < end;
  const yesterday = days.includes((now.getDay() + 6) % 7);
  return (today && minute >= start) || (yesterday && minute < end);
}
