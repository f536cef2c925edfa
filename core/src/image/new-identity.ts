import type { Clock, Random } from '../contract/services.js';

/** What tells an image file from all others. */
export interface ImageIdentity {
  /** 16 random bytes. */
  readonly uuid: Uint8Array;
  readonly createdAt: Date;
}

/** The first moment that a VHD can tell. A machine whose clock was never set must be able to make a backup all the same. */
const firstMoment = Date.UTC(2000, 0, 1);

export function newIdentity({ clock, random }: { readonly clock: Clock; readonly random: Random }): ImageIdentity {
  return { uuid: random.bytes(16), createdAt: new Date(Math.max(firstMoment, clock.now().getTime())) };
}
