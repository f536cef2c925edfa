import type { InstalledSystemFacts } from '@sysimage/core';
import { printable } from './format.js';

const roles = { system: 'starts from', boot: 'lies on', recovery: 'recovers from', part: 'has parts on' } as const;

/** A system as a plan or a record has it. */
type KnownSystem = Pick<InstalledSystemFacts, 'name' | 'needs' | 'startKnown'> & {
  readonly version?: string | undefined;
  readonly earlier?: boolean;
};

/** How people call a volume: `0:2`, partition 2 of the first disk. */
type NameVolume = (place: Pick<KnownSystem['needs'][number], 'disk' | 'partition'>) => string;
const byNumbers: NameVolume = ({ disk, partition }) => `${disk}:${partition}`;

/** Systems, and on which volumes each depends: nothing without any, else a heading and a line for each. */
export function describeSystems(systems: readonly KnownSystem[] = [], nameOf = byNumbers): readonly string[] {
  if (systems.length === 0) return [];
  const lines = systems.map((system) => {
    const parts = system.needs.map(
      (need) => `${roles[need.role]} ${printable(nameOf(need))}${need.taken ? '' : ' (left out)'}`,
    );
    const known = system.startKnown ? [] : ['not all that it needs was found'];
    return `  ${systemInWords(system)}${system.earlier === true ? ' (an earlier Windows)' : ''}: ${[...parts, ...known].join(', ')}`;
  });
  return [['systems', ...lines].join('\n')];
}

/** `Windows 10 Pro 22H2`. */
function systemInWords({ name, version }: Pick<KnownSystem, 'name' | 'version'>): string {
  return `${printable(name)}${version === undefined || name.includes(version) ? '' : ` ${printable(version)}`}`;
}
