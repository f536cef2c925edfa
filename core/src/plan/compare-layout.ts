import type { DiskLayout } from '../model/disk-layout.js';
import { groupDifferences, isGroupKnown } from './compare-group.js';

/** `same`: every recorded partition is where it was, so its volume can be written without touching the table. */
export type LayoutComparison =
  | { readonly same: true }
  | { readonly same: false; readonly differences: readonly string[] };

/**
 * Compares a disk with the layout that a version recorded, by Microsoft's rules for system recovery: same style, identity and
 * sector size; every partition at its recorded start, not smaller, with its GPT id. What was only added does no harm, but on a dynamic
 * disk, whose volumes must lie as they did.
 */
export function compareLayout(recorded: DiskLayout, found: DiskLayout): LayoutComparison {
  const differences = [...knownDifferences(recorded, found)];
  if (!isGroupKnown(recorded, found)) differences.push('whether its dynamic volumes lie where they did is not known');
  return differences.length === 0 ? { same: true } : { same: false, differences };
}

function knownDifferences(recorded: DiskLayout, found: DiskLayout): readonly string[] {
  const differences: string[] = [];
  if (found.scheme !== recorded.scheme) differences.push(`its table is ${found.scheme}, not ${recorded.scheme}`);
  if (found.id !== recorded.id)
    differences.push(`its identifier is ${found.id ?? 'none'}, not ${recorded.id ?? 'none'}`);
  if (found.sectorSize !== recorded.sectorSize) {
    differences.push(`its sectors have ${found.sectorSize} bytes, not ${recorded.sectorSize}`);
  }
  for (const partition of recorded.partitions) {
    const here = found.partitions.find(({ start }) => start === partition.start);
    if (here === undefined) differences.push(`no partition starts at byte ${partition.start}`);
    else if (here.size < partition.size) differences.push(`partition ${partition.index} is smaller than it was`);
    else if (here.id !== partition.id) differences.push(`partition ${partition.index} is another one`);
  }
  return [...differences, ...groupDifferences(recorded, found)];
}

/** In what a disk is laid out otherwise than a version recorded, in words: also what was added, which does no harm to a restore. */
export function layoutChanges(recorded: DiskLayout, found: DiskLayout): readonly string[] {
  const changes = [...knownDifferences(recorded, found)];
  if (found.size !== recorded.size) changes.push(`the disk has ${found.size} bytes, not ${recorded.size}`);
  for (const { index, start, size, type, active } of found.partitions) {
    const before = recorded.partitions.find((partition) => partition.start === start);
    if (before === undefined) {
      changes.push(`partition ${index} is new`);
      continue;
    }
    if (size > before.size) changes.push(`partition ${index} is larger than it was`);
    if (type.toUpperCase() !== before.type.toUpperCase()) changes.push(`partition ${index} is of another type`);
    if (active !== before.active)
      changes.push(`partition ${index} is ${active ? 'active now' : 'not active any more'}`);
  }
  return changes;
}
