import { batchFaults } from './faults/batch-faults.js';
import { getFaults } from './faults/get-faults.js';
import { listFaults } from './faults/list-faults.js';
import { putFaults } from './faults/put-faults.js';
import { randomFaults } from './faults/random-faults.js';
import type { PlantedFault } from './faults/spoil.js';
import { conformance, type KitSetup, type Place } from './kit.js';

export const plantedFaults: readonly PlantedFault[] = [
  ...listFaults,
  ...putFaults,
  ...getFaults,
  ...randomFaults,
  ...batchFaults,
];

export interface Score {
  readonly caught: readonly { readonly fault: string; readonly by: string }[];
  readonly survivors: readonly string[];
}

/** Runs the kit on spoilt targets: every fault must fail at least one case of one of the setups. */
export async function scoreKit(
  setups: readonly KitSetup[],
  faults: readonly PlantedFault[] = plantedFaults,
): Promise<Score> {
  const caught: { fault: string; by: string }[] = [];
  const survivors: string[] = [];
  for (const fault of faults) {
    const by = await firstFailure(setups.map((setup) => spoilt(setup, fault)));
    if (by === undefined) survivors.push(fault.name);
    else caught.push({ fault: fault.name, by });
  }
  return { caught, survivors };
}

function spoilt(setup: KitSetup, { spoil }: PlantedFault): KitSetup {
  return {
    ...setup,
    open: async (): Promise<Place> => {
      const place = await setup.open();
      return { ...place, target: spoil(place.target), reopen: async () => spoil(await place.reopen()) };
    },
  };
}

async function firstFailure(setups: readonly KitSetup[]): Promise<string | undefined> {
  for (const setup of setups) {
    for (const { name, run } of conformance(setup).cases) {
      const failed = await run().then(
        () => false,
        () => true,
      );
      if (failed) return name;
    }
  }
  return undefined;
}
