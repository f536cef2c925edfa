import type { Damage } from '@sysimage/core';
import { printable } from './format.js';

/** One damaged place, for people. */
export function describeDamage({ object, start, end, what, versions }: Damage): string {
  const where = end === Number.MAX_SAFE_INTEGER ? '' : `, bytes ${start} to ${end}`;
  const whom = versions.length === 0 ? 'no version needs what lies there' : `hits ${versions.join(', ')}`;
  return `${printable(object)}${where}: ${printable(what)}; ${whom}`;
}
