import type { Notification } from './notification.js';

/** A way to tell somebody. */
export interface Channel {
  readonly name: string;
  /**
   * Resolves when whoever is on the other side has taken it. Errors: `SysimageError`, with `retry: 'later'` for what may succeed
   * later; its words hold no secret, and none of the other side's.
   */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
}
