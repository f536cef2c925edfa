import type { RemovalPlan } from '@sysimage/core';
import { counted, formatBytes } from '../output/format.js';
import { compactionFacts, describeMerges } from './compact.js';

/** What it frees that so many versions go, line by line. */
export function describeRemoval(count: number, { freed, merges, held }: RemovalPlan): readonly string[] {
  const lines = [`${counted(count, 'version')} to go, which frees ${formatBytes(freed)} at once.`];
  if (merges.length > 0) lines.push(`Afterwards ${describeMerges(merges).trimEnd()}`);
  for (const { of, neededBy, size } of held)
    lines.push(`${formatBytes(size)} of ${of} stay until ${neededBy} goes, which is read through them.`);
  return lines;
}

/** The same for programs. */
export function removalFacts({ freed, held, merges, freedByMerges }: RemovalPlan): Readonly<Record<string, unknown>> {
  return { freedBytes: freed, held, ...compactionFacts(merges, freedByMerges) };
}
