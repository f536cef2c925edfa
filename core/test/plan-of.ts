import type { BackupPlan } from '../src/model/plan.js';
import { memoryTarget, traits } from './memory-target.js';

/** A plan of no disks, for rules that look at none. */
export function planOf(): BackupPlan {
  return {
    computer: 'PC',
    target: {
      traits,
      capabilities: memoryTarget(new Map()).capabilities,
      free: undefined,
      total: undefined,
      versions: 0,
      openRuns: 0,
      newest: undefined,
      verified: { daysAgo: undefined, daysOfOldest: 0, within: 35 },
      earlierNames: [],
    },
    disks: [],
    systems: [],
    unread: [],
    strategy: { kind: 'in-place' },
    replacement: 'keep',
    bytesNeeded: 0,
    allowLive: false,
    allowIncomplete: false,
    watch: undefined,
  };
}
