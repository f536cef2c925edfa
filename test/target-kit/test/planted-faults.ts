import { kitCases, type KitCase, type KitSetup, type Place } from '../src/index.js';
import { batchFaults } from './faults/batch-faults.js';
import { cancellationFaults } from './faults/cancellation-faults.js';
import { concurrentFaults } from './faults/concurrent-faults.js';
import { durableFaults } from './faults/durable-faults.js';
import { facetFaults } from './faults/facet-faults.js';
import { getFaults } from './faults/get-faults.js';
import { historyFaults } from './faults/history-faults.js';
import { leaseFaults } from './faults/lease-faults.js';
import { listFaults } from './faults/list-faults.js';
import { nameFaults } from './faults/name-faults.js';
import { objectFaults } from './faults/object-faults.js';
import { putFaults } from './faults/put-faults.js';
import { randomFaults } from './faults/random-faults.js';
import { randomFileFaults } from './faults/random-file-faults.js';
import type { PlantedFault } from './faults/spoil.js';

export const plantedFaults: readonly PlantedFault[] = [
  ...nameFaults,
  ...objectFaults,
  ...getFaults,
  ...putFaults,
  ...concurrentFaults,
  ...durableFaults,
  ...listFaults,
  ...cancellationFaults,
  ...facetFaults,
  ...randomFaults,
  ...randomFileFaults,
  ...batchFaults,
  ...historyFaults,
  ...leaseFaults,
];

export interface Score {
  readonly caught: readonly { readonly fault: string; readonly by: string; readonly saying: string }[];
  readonly survivors: readonly string[];
  /** Cases that no planted fault is about. */
  readonly idle: readonly string[];
}

/** Runs on spoilt targets the case that is about the fault: it must fail on one of the setups. */
export async function scoreKit(
  setups: readonly KitSetup[],
  faults: readonly PlantedFault[] = plantedFaults,
): Promise<Score> {
  const caught: { fault: string; by: string; saying: string }[] = [];
  const survivors: string[] = [];
  for (const fault of faults) {
    const saying = await complaint(fault, setups);
    if (saying === undefined) survivors.push(fault.name);
    else caught.push({ fault: fault.name, by: fault.caughtBy, saying });
  }
  const busy = new Set(caught.map(({ by }) => by));
  return { caught, survivors, idle: kitCases.flatMap(({ name }) => (busy.has(name) ? [] : [name])) };
}

async function complaint(fault: PlantedFault, setups: readonly KitSetup[]): Promise<string | undefined> {
  const about = kitCases.find(({ name }) => name === fault.caughtBy);
  if (about === undefined) throw new Error(`no case is called "${fault.caughtBy}"`);
  for (const setup of setups.filter((one) => applies(about, one))) {
    const place = await setup.open();
    const target = fault.spoil(place.target);
    if (target === undefined) continue;
    try {
      await about.run(spoilt(place, target, fault), setup);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}

function applies({ facet, needs }: KitCase, { facets, writeOnce }: KitSetup): boolean {
  if (facet !== undefined && !facets.includes(facet)) return false;
  return needs === 'write-once' ? writeOnce === true : needs !== 'rewriting' || writeOnce !== true;
}

function spoilt(place: Place, target: Place['target'], { spoil }: PlantedFault): Place {
  const { powerCut } = place;
  const again = async (opened: Promise<Place['target']>): Promise<Place['target']> => {
    const sound = await opened;
    return spoil(sound) ?? sound;
  };
  return {
    ...place,
    target,
    reopen: () => again(place.reopen()),
    ...(powerCut === undefined ? {} : { powerCut: () => again(powerCut()) }),
  };
}
