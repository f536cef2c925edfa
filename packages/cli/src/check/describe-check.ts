import type { Target } from '@sysimage/core';
import type { KitReport } from '@sysimage/target-kit';
import { counted, formatTable, printable } from '../output/format.js';
import { paint, type Terminal } from '../output/terminal.js';
import type { FacetFacts } from './check-facts.js';

/** The table of a check, for people. */
export function describeCheck(
  terminal: Terminal,
  target: Target,
  facts: readonly FacetFacts[],
  { passed, failed, skipped }: KitReport,
): string {
  const yes = (value: boolean): string => (value ? 'yes' : 'no');
  const rows = facts.map(({ facet, declared, probed, effective, failed: faults }) => [
    `  ${facet}`,
    declared,
    yes(probed),
    yes(effective),
    faults === 0 ? '' : `${counted(faults, 'case')} failed`,
  ]);
  const lines = [
    paint(terminal, 'bold', printable(target.traits.location)),
    formatTable([['  facet', 'declared', 'probed', 'effective', ''], ...rows]),
    '',
    `${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`,
  ];
  for (const { name, why } of failed) {
    lines.push(`${paint(terminal, 'red', 'failed')}   ${name}`, `         ${printable(why)}`);
  }
  for (const why of new Set(skipped.map((one) => one.why))) {
    lines.push(`${paint(terminal, 'dim', 'skipped')}  because ${printable(why)}:`);
    for (const one of skipped) if (one.why === why) lines.push(`         ${one.name}`);
  }
  return `${lines.join('\n')}\n`;
}
