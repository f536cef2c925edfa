import type { AnnounceOptions, Notification } from '../src/index.js';

export const notification: Notification = {
  format: 'sysimage-notification/1',
  reason: 'failure',
  time: '2026-11-23T01:02:03.000Z',
  title: 'desk: the backup "home" failed: größer als der Platz',
  text: 'The target is full.\nFree some room.',
  machine: 'desk',
  tool: 'sysimage 0.1.0',
  command: 'backup',
  job: 'home',
  status: 'failed',
  exitCode: 15,
  error: { code: 'no-space', message: 'the target is full' },
};

/** Everything at once, and how long was slept in between. */
export function quickly(more: Partial<AnnounceOptions> = {}): AnnounceOptions & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    tries: 3,
    pause: 1000,
    longestPause: 8000,
    timeout: 5000,
    random: () => 0,
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      return Promise.resolve();
    },
    ...more,
    slept,
  };
}
