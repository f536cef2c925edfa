import type { PlanningFacts } from '../model/planning-facts.js';
import type { SystemSurvey } from '../plan/volume-roles.js';

/**
 * The systems on some of the disks of a record. Of one that starts from another disk, or has parts there, not all that it needs is known: that is
 * how it would be found if these disks were all there is.
 */
export function systemsAmong(
  { systems = [], unread = [] }: Pick<PlanningFacts, 'systems' | 'unread'>,
  paths: readonly string[],
): SystemsAmong {
  const found = systems.flatMap(({ family, name, version, build, needs, startKnown }) => {
    const here = needs.filter(({ disk }) => paths.includes(disk));
    // Its own volume comes first.
    if (here[0] === undefined || here[0] !== needs[0]) return [];
    const isWholeHere = needs.every(({ disk, role }) => role === 'recovery' || paths.includes(disk));
    return [
      {
        family,
        name,
        version,
        build,
        needs: here.map(({ disk, partition, role }) => ({ disk: paths.indexOf(disk), partition, role })),
        startKnown: startKnown && isWholeHere,
      },
    ];
  });
  return {
    systems: found,
    unread: unread
      .filter(({ disk }) => paths.includes(disk))
      .map(({ disk, ...volume }) => ({ disk: paths.indexOf(disk), ...volume })),
  };
}

interface SystemsAmong extends Pick<SystemSurvey, 'unread'> {
  readonly systems: readonly Omit<SystemSurvey['systems'][number], 'earlier'>[];
}
