import { SysimageError } from '../contract/errors.js';
import type { DiskSource } from '../contract/source.js';
import type { DiskFacts } from '../model/disk-facts.js';
import type { PlanningFacts } from '../model/planning-facts.js';
import { diskFacts } from './disk-facts.js';
import type { EngineServices } from './engine.js';
import { describeDisk, type InspectedDisk } from './inspect-disk.js';
import { inspectSystems } from './inspect-systems.js';
import { offersFor, snapshotOptions } from './offer-snapshots.js';
import { seeDisk } from './see-disk.js';

/** Is told what was left out, and why. */
export type LeftOut = (what: string, error: unknown) => void;

/** Characters: with the inventory it must fit into a record. Maps of disks in very many pieces are the most of it. */
const mostText = 24 * 2 ** 20;

/** Looks into disks and says all that a plan goes by. What cannot be opened or read is left out. */
export async function recordDisks(
  paths: readonly string[],
  services: Pick<EngineServices, 'disks' | 'snapshots'>,
  leftOut: LeftOut,
): Promise<Pick<PlanningFacts, 'disks' | 'systems' | 'unread'>> {
  const sources: DiskSource[] = [];
  const inspected: InspectedDisk[] = [];
  const disks: DiskFacts[] = [];
  let room = mostText;
  try {
    for (const path of paths) {
      try {
        const source = await services.disks.openSource(path);
        sources.push(source);
        const seen = await seeDisk(source);
        const disk = describeDisk(source, seen, {});
        const facts = diskFacts({ source, seen }, await snapshotsOf(disk, services));
        room -= lengthIn(path, facts, room);
        disks.push(facts);
        inspected.push(disk);
      } catch (error) {
        leftOut(`what lies on ${path}`, error);
      }
    }
    const systems = await systemsOn(inspected).catch((error: unknown) => leftOut('which systems are installed', error));
    return { disks, ...systems };
  } finally {
    for (const source of sources) await source.close();
  }
}

/** Errors: `unsupported` for more than there is room for. */
function lengthIn(path: string, facts: DiskFacts, room: number): number {
  const { length } = JSON.stringify(facts);
  if (length <= room) return length;
  throw new SysimageError('unsupported', `what ${path} says of itself is too long for a record: ${length} characters`, {
    operation: 'record machine',
  });
}

async function snapshotsOf(
  disk: InspectedDisk,
  { snapshots = [] }: Pick<EngineServices, 'snapshots'>,
): Promise<DiskFacts['snapshots']> {
  const live = disk.layout.volumes.filter(({ consistency }) => consistency === 'live');
  const found: DiskFacts['snapshots'] = [];
  for (const { partition } of live) {
    const offers = await offersFor(disk, partition, snapshots, snapshotOptions({}, new Set()));
    found.push({ partition, offers: offers.map(({ provider, ...offer }) => ({ provider, offer })) });
  }
  return found;
}

async function systemsOn(inspected: readonly InspectedDisk[]): Promise<Pick<PlanningFacts, 'systems' | 'unread'>> {
  const byPath = <Place extends { readonly disk: number }>({ disk, ...rest }: Place) => {
    const path = inspected[disk]?.source.path;
    return path === undefined ? [] : [{ disk: path, ...rest }];
  };
  const { systems, unread } = await inspectSystems(inspected);
  return {
    systems: systems.map(({ needs, ...system }) => ({
      ...system,
      needs: needs.flatMap(({ disk, partition, role }) => byPath({ disk, partition, role })),
    })),
    unread: unread.flatMap((volume) => byPath(volume)),
  };
}
