import type { ObjectName, ObjectStat } from '@sysimage/core/plugin';
import type { SmbInfo } from './smb-client.js';

const epoch = 116_444_736_000_000_000n;

/** What a target says of a file. The state changes with the index (put) and with the time (writes in place). */
export function statOf(name: ObjectName, { size, written, index }: SmbInfo): ObjectStat {
  return {
    name,
    size,
    modified: new Date(Number((written - epoch) / 10_000n)),
    state: `${index.toString(16)}-${written.toString(16)}-${size.toString(16)}`,
  };
}
