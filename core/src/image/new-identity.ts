import type { VhdIdentity } from '@sysimage/vhd';
import type { Clock, Random } from '../contract/services.js';

/** The first moment that a VHD can tell. A machine whose clock was never set must be able to make a backup all the same. */
const firstMoment = Date.UTC(2000, 0, 1);

export function newIdentity({ clock, random }: { readonly clock: Clock; readonly random: Random }): VhdIdentity {
  return { uuid: random.bytes(16), createdAt: new Date(Math.max(firstMoment, clock.now().getTime())) };
}
