import type { DiskLayout, DynamicGroupFacts } from '../model/disk-layout.js';

type Dynamic = Pick<DiskLayout, 'dynamic'>;
type Volume = DynamicGroupFacts['volumes'][number];

/**
 * In what a disk is one of another group of dynamic disks than a version recorded, or in what its volumes lie elsewhere, in words. Its
 * partition table shows nothing of that. What either does not tell is passed over: see `isGroupKnown`.
 */
export function groupDifferences({ dynamic: recorded }: Dynamic, { dynamic: found }: Dynamic): readonly string[] {
  if (recorded === undefined) return found === undefined ? [] : ['it is a dynamic disk now'];
  if (found === undefined) return ['it is no dynamic disk any more'];
  if (!isRead(recorded) || !isRead(found)) return [];
  if (found.groupId !== recorded.groupId) return ['it is of another group of dynamic disks'];
  if (found.diskId !== recorded.diskId) return ['it is another disk of its group of dynamic disks'];
  const differences: string[] = [];
  if (found.dataStart !== undefined && recorded.dataStart !== undefined && found.dataStart !== recorded.dataStart)
    differences.push(`its dynamic volumes begin at byte ${found.dataStart}, not ${recorded.dataStart}`);
  const [before, now] = [volumesOn(recorded), volumesOn(found)];
  for (const [name, volume] of before) {
    const here = now.get(name);
    if (here === undefined) differences.push(`the dynamic volume ${name} is gone`);
    else if (!isSame(volume, here)) differences.push(`the dynamic volume ${name} lies otherwise than it did`);
  }
  // Its place may have been free, and would be overwritten: no partition keeps it apart.
  for (const name of now.keys()) if (!before.has(name)) differences.push(`the dynamic volume ${name} is new`);
  return differences;
}

/** False where nobody can tell whether the volumes of a dynamic disk lie where a version recorded them. */
export function isGroupKnown({ dynamic: recorded }: Dynamic, { dynamic: found }: Dynamic): boolean {
  if (recorded === undefined || found === undefined) return true;
  // The type of a dynamic disk has had other owners, who have no groups.
  if (recorded.diskId === undefined && found.diskId === undefined) return true;
  return isRead(recorded) && isRead(found);
}

/** Every group has disks, at least the one that tells of it; and what is broken hides volumes. */
function isRead({ disks, diskId, volumes, problems }: DynamicGroupFacts): boolean {
  return diskId !== undefined && disks.length > 0 && (volumes.length > 0 || problems.length === 0);
}

function volumesOn({ diskId = '', volumes }: DynamicGroupFacts): ReadonlyMap<string, Volume> {
  return new Map(volumes.filter(({ disks }) => disks.includes(diskId)).map((volume) => [volume.name, volume]));
}

function isSame(a: Volume, b: Volume): boolean {
  if (a.kind !== b.kind || a.size !== b.size) return false;
  // Records that were made before parts were part of them name only the disks.
  return a.parts === undefined || b.parts === undefined
    ? a.disks.join(' ') === b.disks.join(' ')
    : inWords(a.parts) === inWords(b.parts);
}

function inWords(parts: NonNullable<Volume['parts']>): string {
  return parts.map(({ disk, start, size }) => `${disk} ${start} ${size}`).join(', ');
}
