import type { TableProblem } from './partition-table.js';
import type { Partition } from './partition.js';

/** What is wrong with where the partitions lie, whatever the scheme. */
export function checkPartitions(partitions: readonly Partition[], diskSize: number): readonly TableProblem[] {
  return [
    ...beyondEnd(partitions, diskSize),
    ...partitions.filter(({ start }) => start === 0).map(coversTable),
    // A logical partition lies inside the extended one by design, so the two are looked at apart.
    ...overlaps(partitions.filter(({ kind }) => kind !== 'logical')),
    ...overlaps(partitions.filter(({ kind }) => kind !== 'extended')),
  ].filter((problem, index, all) => all.findIndex(({ message }) => message === problem.message) === index);
}

function beyondEnd(partitions: readonly Partition[], diskSize: number): readonly TableProblem[] {
  return partitions
    .filter(({ start, size }) => start + size > diskSize)
    .map(({ index, start, size }) => ({
      code: 'partition-beyond-end',
      message: `partition ${index} ends at byte ${start + size}, the disk at ${diskSize}`,
      offset: start,
    }));
}

function coversTable({ index }: Partition): TableProblem {
  return {
    code: 'partition-invalid',
    message: `partition ${index} begins at sector 0, on the table itself`,
    offset: 0,
  };
}

function overlaps(partitions: readonly Partition[]): readonly TableProblem[] {
  const problems: TableProblem[] = [];
  let widest: Partition | undefined;
  for (const partition of partitions.toSorted((a, b) => a.start - b.start)) {
    if (widest !== undefined && partition.start < widest.start + widest.size) {
      problems.push({
        code: 'partitions-overlap',
        message: `partitions ${widest.index} and ${partition.index} overlap at byte ${partition.start}`,
        offset: partition.start,
      });
    }
    if (widest === undefined || partition.start + partition.size > widest.start + widest.size) widest = partition;
  }
  return problems;
}
