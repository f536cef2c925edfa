import type { Clock } from '@sysimage/core';
import type { RunEvent, TakeEvent } from './run-event.js';

/** Passes everything on, but of the middle of a phase only so much. `every`: milliseconds between two. */
export function thinned(take: TakeEvent, clock: Pick<Clock, 'now'>, every: number): TakeEvent {
  let saidAt: number | undefined;
  return (event) => {
    if (event.event === 'progress') {
      const now = clock.now().getTime();
      if (!isEnd(event) && saidAt !== undefined && now - saidAt < every) return;
      saidAt = now;
    }
    take(event);
  };
}

function isEnd({ done, total }: Extract<RunEvent, { event: 'progress' }>): boolean {
  return done === total;
}
