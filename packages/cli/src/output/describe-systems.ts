import type { InstalledSystemFacts } from '@sysimage/core';
import { printable } from './format.js';

const roles = { system: 'starts from', boot: 'lies on', recovery: 'recovers from', part: 'has parts on' } as const;

/** A system as a plan or a record has it. */
type KnownSystem = Pick<InstalledSystemFacts, 'name' | 'needs' | 'startKnown'> & {
  readonly version?: string | undefined;
};

/** Systems, and on which volumes each depends: nothing without any, else a heading and a line for each. */
export function describeSystems(systems: readonly KnownSystem[] = []): readonly string[] {
  if (systems.length === 0) return [];
  const lines = systems.map((system) => {
    const parts = system.needs.map(
      ({ disk, partition, role, taken }) => `${roles[role]} ${disk}:${partition}${taken ? '' : ' (left out)'}`,
    );
    const known = system.startKnown ? [] : ['what starts it was not found'];
    return `  ${systemInWords(system)}: ${[...parts, ...known].join(', ')}`;
  });
  return [['systems', ...lines].join('\n')];
}

/** `Windows 10 Pro 22H2`. */
export function systemInWords({ name, version }: Pick<KnownSystem, 'name' | 'version'>): string {
  return `${printable(name)}${version === undefined || name.includes(version) ? '' : ` ${printable(version)}`}`;
}
