import type { RaidArray, RaidMember } from './raid-array.js';

const unit = 512;
const superblocks: ReadonlySet<string | undefined> = new Set(['0.90', '1.0', '1.1', '1.2']);
const running: ReadonlySet<string | undefined> = new Set([
  'clean',
  'active',
  'active-idle',
  'write-pending',
  'readonly',
  'read-auto',
]);
// A check reads all members and changes none.
const still: ReadonlySet<string | undefined> = new Set(['idle', 'check']);
const policies: ReadonlySet<string | undefined> = new Set(['resync', 'bitmap']);

/**
 * Where on a member the bytes of an array start; in words, why what the array shows may not be what lies there. Only members of a mirror
 * hold all of it, and only while nothing of it is behind.
 */
export function startInMember(
  array: RaidArray,
  { name, state, offset, badBlocks }: RaidMember,
): { readonly start: number } | { readonly whyNot: string } {
  const { level, metadata, policy, degraded, resyncStart, action, reshape } = array;
  if (level !== 'raid1') return { whyNot: `it is ${level}, and no mirror` };
  if (!superblocks.has(metadata)) return { whyNot: `its superblocks are of an unknown kind (${metadata})` };
  if (!running.has(array.state)) return { whyNot: `it does not run as it should (${array.state})` };
  if (degraded !== '0') return { whyNot: 'it is degraded' };
  if (resyncStart !== 'none' || !still.has(action) || reshape !== 'none') return { whyNot: 'it is not in sync' };
  if (!policies.has(policy)) return { whyNot: `how it is kept in sync is not known (${policy})` };
  // Writes to those that are mostly written to may come late.
  if (state !== 'in_sync' && state !== 'in_sync,failfast') return { whyNot: `${name} is no full member (${state})` };
  if (badBlocks !== '') return { whyNot: `${name} has bad blocks` };
  if (offset === undefined || !/^\d{1,13}$/u.test(offset))
    return { whyNot: `where its data starts on ${name} is not known` };
  return { start: Number(offset) * unit };
}
