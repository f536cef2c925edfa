import type { InstalledSystem } from '@sysimage/installed-systems';
import type { SystemFacts } from '../model/planning-facts.js';

/**
 * The systems on some of the disks of a record. Of one that starts from another disk it is not known what starts it: that is how it would be
 * found if these disks were all there is.
 */
export function systemsAmong(systems: readonly SystemFacts[], paths: readonly string[]): readonly InstalledSystem[] {
  return systems.flatMap(({ family, name, version, build, needs, startKnown }) => {
    const here = needs.filter(({ disk }) => paths.includes(disk));
    // Its own volume comes first.
    if (here[0] === undefined || here[0] !== needs[0]) return [];
    const startsHere = needs.every(({ disk, role }) => role !== 'system' || paths.includes(disk));
    return [
      {
        family,
        name,
        version,
        build,
        needs: here.map(({ disk, partition, role }) => ({ disk: paths.indexOf(disk), partition, role })),
        startKnown: startKnown && startsHere,
      },
    ];
  });
}
